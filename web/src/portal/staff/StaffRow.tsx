import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { segment, send } from '../api';
import { Confirm } from '../parts/Confirm';
import style from '../parts/parts.module.css';
import { Refused } from '../parts/Refused';
import { Tag } from '../parts/Tag';
import { dateOf } from '../parts/time';
import type { MadePassword, StaffMember } from '../wire';
import { EditMember } from './EditMember';
import { type Handed, staffKey, staffPath } from './Staff';
import own from './StaffRow.module.css';

type Asking = 'edit' | 'disable' | 'reset' | 'dropTotp' | 'end';

interface StaffRowProps {
  member: StaffMember;
  self: boolean;
  onHand: (handed: Handed) => void;
}

/** StaffRow is one account and what can be done with it. */
export function StaffRow({ member, self, onHand }: StaffRowProps) {
  const { t, i18n } = useTranslation();
  const [asking, setAsking] = useState<Asking>();
  const act = useActions(member, onHand);
  const disabled = member.disabledAt !== undefined;
  const close = () => setAsking(undefined);
  const { login } = member;
  return (
    <li className={style.item} data-dim={disabled} data-testid="staff-row" data-login={login} data-disabled={disabled}>
      <div className={own.row}>
        <div className={own.who}>
          <strong>{member.name || login}</strong>
          <span className={style.muted}>
            {member.name && `${login}, `}
            {t('portal.staff.created', { time: dateOf(member.createdAt, i18n.language) })}
          </span>
        </div>
        <div className={style.tags}>
          {self && <Tag tone="accent">{t('portal.staff.you')}</Tag>}
          {disabled && <Tag tone="bad">{t('portal.staff.disabled')}</Tag>}
          {member.roles.map((role) => (
            <Tag key={role}>{t(`portal.roles.${role}`)}</Tag>
          ))}
          {!member.local && <Tag>{t('portal.staff.external')}</Tag>}
          {member.local && !member.totp && !disabled && <Tag tone="warn">{t('portal.staff.noTotp')}</Tag>}
          {member.totp && <Tag tone="good">{t('portal.staff.totp')}</Tag>}
        </div>
      </div>
      <fieldset className={own.actions} aria-label={t('portal.staff.actions', { login })}>
        <Button variant="default" onClick={() => setAsking('edit')} data-testid="staff-edit">
          {t('portal.staff.edit')}
        </Button>
        {!self && member.local && (
          <Button variant="default" onClick={() => setAsking('reset')} data-testid="staff-reset">
            {t('portal.staff.reset')}
          </Button>
        )}
        {!self && member.totp && (
          <Button variant="default" onClick={() => setAsking('dropTotp')} data-testid="staff-drop-totp">
            {t('portal.staff.dropTotp')}
          </Button>
        )}
        {!self && !disabled && (
          <>
            <Button variant="default" onClick={() => setAsking('end')} data-testid="staff-end">
              {t('portal.staff.end')}
            </Button>
            <Button variant="default" onClick={() => setAsking('disable')} data-testid="staff-disable">
              {t('portal.staff.disable')}
            </Button>
          </>
        )}
        {disabled && (
          <Button loading={act.enable.isPending} onClick={() => act.enable.mutate()} data-testid="staff-enable">
            {t('portal.staff.enable')}
          </Button>
        )}
      </fieldset>
      <Refused error={act.enable.error} />
      <EditMember member={member} opened={asking === 'edit'} onClose={close} />
      {(['disable', 'reset', 'dropTotp', 'end'] as const).map((what) => (
        <Confirm
          key={what}
          opened={asking === what}
          onClose={close}
          title={t(`portal.staff.${what}Title`, { login })}
          text={t(`portal.staff.${what}Text`)}
          confirm={t(what === 'reset' ? 'portal.staff.resetConfirm' : `portal.staff.${what}`)}
          danger={what !== 'reset'}
          act={act[what]}
        />
      ))}
    </li>
  );
}

/** useActions are the changes of one account; each reads the list anew. */
function useActions(member: StaffMember, onHand: (handed: Handed) => void) {
  const queries = useQueryClient();
  const path = `${staffPath}/${segment(member.id)}`;
  const refresh = () => queries.invalidateQueries({ queryKey: staffKey });
  return {
    enable: useMutation({ mutationFn: () => send('PATCH', path, { disabled: false }), onSettled: refresh }),
    disable: () => send('PATCH', path, { disabled: true }).then(refresh),
    reset: async () => {
      const { password } = await send<MadePassword>('POST', `${path}/password`);
      onHand({ login: member.login, password });
    },
    dropTotp: () => send('DELETE', `${path}/totp`).then(refresh),
    end: () => send('DELETE', `${path}/sessions`),
  };
}
