import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface CopyButtonProps {
  text: string;
  size?: 'sm' | 'md' | 'lg';
  /** what is copied, for screen readers, where several stand together */
  label?: string;
}

/** CopyButton copies a text and says so. */
export function CopyButton({ text, size = 'md', label }: CopyButtonProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  return (
    <Button
      variant="default"
      size={size}
      leftSection={copied ? <IconCheck size={20} /> : <IconCopy size={20} />}
      aria-label={label && !copied ? label : undefined}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{t(copied ? 'common.copied' : 'common.copy')}</span>
    </Button>
  );
}
