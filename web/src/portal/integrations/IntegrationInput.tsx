import { TextInput } from '@mantine/core';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { exact } from '../parts/exact';

interface IntegrationInputProps {
  value: string;
  onChange: (value: string) => void;
  /** names in use, offered while typing */
  known: string[];
  error?: string;
}

/** IntegrationInput asks whose a key or a webhook is. */
export function IntegrationInput({ value, onChange, known, error }: IntegrationInputProps) {
  const { t } = useTranslation();
  const list = useId();
  return (
    <>
      <TextInput
        {...exact}
        name="integration"
        label={t('portal.integrations.integration')}
        description={t('portal.integrations.integrationHint')}
        required
        maxLength={100}
        list={list}
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={list}>
        {[...new Set(known)].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
