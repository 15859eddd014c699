import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import style from './NewPassword.module.css';
import { minPassword, strength } from './strength';

interface NewPasswordProps {
  login: string;
  /** gets the password while both fields hold the same and it is long enough, else "" */
  onChange: (password: string) => void;
  /** what the server said against it */
  error?: string;
  /** it takes the place of an old one */
  replaces?: boolean;
}

/** NewPassword asks for a new password twice and tells how good it is, and why. */
export function NewPassword({ login, onChange, error, replaces = false }: NewPasswordProps) {
  const { t } = useTranslation();
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const [left, setLeft] = useState(false); // the second field has been left once
  const visibility = { 'aria-label': t('portal.password.show'), tabIndex: 0 };
  const tell = (one: string, other: string) =>
    onChange(one === other && strength(one, login).grade !== 'short' ? one : '');
  const differ = second !== '' && first !== second && (left || !first.startsWith(second));
  return (
    <>
      <div>
        <PasswordInput
          size="md"
          name="new-password"
          label={t(replaces ? 'portal.password.new' : 'portal.password.label')}
          description={t('portal.password.hint')}
          autoComplete="new-password"
          required
          value={first}
          error={error}
          visibilityToggleButtonProps={visibility}
          onChange={(event) => {
            setFirst(event.currentTarget.value);
            tell(event.currentTarget.value, second);
          }}
        />
        <Meter password={first} login={login} />
      </div>
      <PasswordInput
        size="md"
        name="new-password-again"
        label={t(replaces ? 'portal.password.newAgain' : 'portal.password.again')}
        autoComplete="new-password"
        required
        value={second}
        error={differ ? t('portal.password.differ') : undefined}
        visibilityToggleButtonProps={visibility}
        onBlur={() => setLeft(true)}
        onChange={(event) => {
          setSecond(event.currentTarget.value);
          tell(first, event.currentTarget.value);
        }}
      />
    </>
  );
}

function Meter({ password, login }: { password: string; login: string }) {
  const { t } = useTranslation();
  const { grade, why, percent } = strength(password, login);
  const words = [
    t(`portal.password.grade.${grade}`, { count: minPassword - [...password].length }),
    why && t(`portal.password.why.${why}`),
  ];
  return (
    <div className={style.meter} data-grade={password ? grade : 'none'}>
      <svg viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="2" />
        {password && <rect width={percent} height="2" className={style.full} />}
      </svg>
      <p aria-live="polite" data-testid="password-strength">
        {password && words.filter(Boolean).join('. ').replace('..', '.')}
      </p>
    </div>
  );
}
