import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import style from './Demo.module.css';
import { Dialog } from './Dialog';
import { invite, type Role, type Session } from './model';
import { Failure } from './parts';

const roles: Role[] = ['relative', 'interpreter', 'doctor', 'observer', 'patient'];

/** InviteDialog makes a personal link for one more person. */
export function InviteDialog({
  session,
  onClose,
  onDone,
}: {
  session: Session;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const [role, setRole] = useState<Role>('relative');
  const [name, setName] = useState('');
  const made = useMutation({
    mutationFn: () => invite(session.id, { role, name: name.trim() || undefined }),
    onSuccess: onDone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    made.mutate();
  };
  return (
    <Dialog title={t('demo.invite.title')} onClose={onClose}>
      <form className={style.dialogForm} onSubmit={submit}>
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
        <Failure error={made.error} />
        <Button type="submit" size="lg" loading={made.isPending} data-testid="demo-invite-confirm">
          {t('demo.invite.confirm')}
        </Button>
      </form>
    </Dialog>
  );
}
