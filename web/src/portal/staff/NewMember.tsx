import { TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { isCode, send } from '../api';
import { DialogForm } from '../parts/DialogForm';
import { exact } from '../parts/exact';
import { fieldError } from '../parts/Refused';
import type { CreatedStaff, StaffRole } from '../wire';
import { Roles } from './Roles';
import { type Handed, staffKey, staffPath } from './Staff';

interface NewMemberProps {
  opened: boolean;
  onClose: () => void;
  onHand: (handed: Handed) => void;
}

/** NewMember makes an account with a password that is shown once. */
export function NewMember({ opened, onClose, onHand }: NewMemberProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('portal.staff.createTitle')}>
      <Form onClose={onClose} onHand={onHand} />
    </Dialog>
  );
}

function Form({ onClose, onHand }: Omit<NewMemberProps, 'opened'>) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [login, setLogin] = useState('');
  const [name, setName] = useState('');
  const [roles, setRoles] = useState<StaffRole[]>(['operator']);
  const create = useMutation({
    mutationFn: () => send<CreatedStaff>('POST', staffPath, { login: login.trim(), name: name.trim(), roles }),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: staffKey });
      onClose();
      onHand(made);
    },
  });
  const taken = isCode(create.error, 'conflict');
  return (
    <DialogForm
      onSubmit={() => create.mutate()}
      onClose={onClose}
      submit={t('portal.staff.add')}
      busy={create.isPending}
      error={create.error}
      failed={taken ? t('portal.staff.taken') : undefined}
      fields={['/login', '/name', '/roles']}
      disabled={roles.length === 0 || !login.trim()}
      testId="staff-add"
    >
      <TextInput
        {...exact}
        name="login"
        label={t('portal.staff.login')}
        description={t('portal.staff.loginHint')}
        required
        data-autofocus
        maxLength={64}
        value={login}
        error={taken || fieldError(create.error, '/login')}
        onChange={(event) => setLogin(event.currentTarget.value)}
      />
      <TextInput
        size="md"
        name="name"
        label={t('portal.optional', { label: t('portal.staff.name') })}
        placeholder={t('portal.staff.namePlaceholder')}
        autoComplete="off"
        maxLength={200}
        value={name}
        error={fieldError(create.error, '/name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Roles chosen={roles} onChange={setRoles} error={fieldError(create.error, '/roles')} />
    </DialogForm>
  );
}
