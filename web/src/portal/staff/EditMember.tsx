import { TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { segment, send } from '../api';
import { meKey } from '../me';
import { DialogForm } from '../parts/DialogForm';
import style from '../parts/parts.module.css';
import { fieldError } from '../parts/Refused';
import type { StaffMember } from '../wire';
import { Roles } from './Roles';
import { staffKey, staffPath } from './Staff';

/** EditMember changes the name and the roles of an account. */
export function EditMember(props: { member: StaffMember; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      opened={props.opened}
      onClose={props.onClose}
      title={t('portal.staff.editTitle', { login: props.member.login })}
    >
      <Form member={props.member} onClose={props.onClose} />
    </Dialog>
  );
}

function Form({ member, onClose }: { member: StaffMember; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(member.name);
  const [roles, setRoles] = useState(member.roles);
  const save = useMutation({
    mutationFn: () =>
      send('PATCH', `${staffPath}/${segment(member.id)}`, { name: name.trim(), ...(member.local ? { roles } : {}) }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: staffKey });
      void queries.invalidateQueries({ queryKey: meKey });
      onClose();
    },
  });
  return (
    <DialogForm
      onSubmit={() => save.mutate()}
      onClose={onClose}
      submit={t('portal.save')}
      busy={save.isPending}
      error={save.error}
      fields={['/name', '/roles']}
      disabled={roles.length === 0}
      testId="staff-save"
    >
      <TextInput
        size="md"
        name="name"
        label={t('portal.staff.name')}
        autoComplete="off"
        data-autofocus
        maxLength={200}
        value={name}
        error={fieldError(save.error, '/name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {member.local ? (
        <Roles chosen={roles} onChange={setRoles} error={fieldError(save.error, '/roles')} />
      ) : (
        <p className={style.muted}>{t('portal.staff.externalRoles')}</p>
      )}
    </DialogForm>
  );
}
