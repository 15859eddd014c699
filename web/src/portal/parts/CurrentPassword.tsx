import { PasswordInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface CurrentPasswordProps {
  name?: string;
  value: string;
  onChange: (password: string) => void;
  error?: string;
}

/** CurrentPassword asks whoever is logged in to prove it. */
export function CurrentPassword({ name = 'password', value, onChange, error }: CurrentPasswordProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      size="md"
      name={name}
      label={t('portal.password.current')}
      autoComplete="current-password"
      required
      data-autofocus
      visibilityToggleButtonProps={{ 'aria-label': t('portal.password.show'), tabIndex: 0 }}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
