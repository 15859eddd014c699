import { NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Ask, type AskedProps } from './Ask';
import style from './Demo.module.css';
import { invite, type Role } from './model';

const roles: Role[] = ['relative', 'interpreter', 'doctor', 'observer', 'patient'];

/** InviteForm makes a personal link for one more person. */
export function InviteForm({ session, onDone }: AskedProps) {
  const { t } = useTranslation();
  const [role, setRole] = useState<Role>('relative');
  const [name, setName] = useState('');
  const act = useMutation({
    mutationFn: () => invite(session.id, { role, name: name.trim() || undefined }),
    onSuccess: onDone,
  });
  return (
    <Ask act={act} submit={t('demo.invite.confirm')} testId="demo-invite-confirm">
      <p className={style.hint}>{t('demo.invite.text')}</p>
      <NativeSelect
        size="md"
        label={t('demo.invite.role')}
        value={role}
        data={roles.map((value) => ({ value, label: t(`noname.${value}`) }))}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
      />
      <TextInput
        size="md"
        label={t('demo.invite.name')}
        placeholder={t('demo.invite.placeholder')}
        value={name}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
        data-testid="demo-guest"
      />
    </Ask>
  );
}
