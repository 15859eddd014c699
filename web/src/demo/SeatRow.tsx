import { Button } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../ui/CopyButton';
import style from './Demo.module.css';
import { type Invite, reissue, revoke, type Session } from './model';
import { Failure } from './parts';

interface SeatRowProps {
  session: Session;
  seat: Invite;
  onChanged: () => void;
}

/** SeatRow is one person of a consultation: whether he is there, and his link. */
export function SeatRow({ session, seat, onChanged }: SeatRowProps) {
  const { t } = useTranslation();
  const anew = useMutation({ mutationFn: () => reissue(seat.id), onSuccess: onChanged });
  const gone = useMutation({ mutationFn: () => revoke(seat.id), onSuccess: onChanged });
  const url = seat.revokedAt ? undefined : (anew.data?.url ?? seat.url);
  const person = session.participants.find(({ id }) => id === seat.id);
  const inside = person?.visits.some(({ leftAt }) => !leftAt) ?? false;
  const who = seat.name || t(`noname.${seat.role}`);
  const own = seat.personId === session.doctor.id || seat.personId === session.patient.id;
  const revoked = !!seat.revokedAt;
  return (
    <li className={style.seat} data-testid="demo-seat" data-role={seat.role} data-inside={inside}>
      <div className={style.seatName}>
        <strong>{who}</strong>
        <span>
          {t(`role.${seat.role}`)}
          {inside && <em>{t('demo.seat.inside')}</em>}
          {revoked && <em data-bad="true">{t('demo.seat.revoked')}</em>}
        </span>
      </div>
      <div className={style.seatActions}>
        {url && (
          <>
            <Button
              component="a"
              href={url}
              target="_blank"
              rel="noopener"
              size="sm"
              leftSection={<IconExternalLink size={18} />}
              aria-label={`${t('common.open')}: ${who}`}
              data-testid={`demo-${seat.role}-link`}
            >
              {t('common.open')}
            </Button>
            <CopyButton text={url} size="sm" label={`${t('common.copy')}: ${who}`} />
          </>
        )}
        {!revoked && (
          <SeatButton
            name={t('demo.seat.reissue')}
            who={who}
            busy={anew.isPending}
            onClick={() => anew.mutate()}
            testId="demo-reissue"
          />
        )}
        {!own && !revoked && (
          <SeatButton
            name={t('demo.seat.revoke')}
            who={who}
            busy={gone.isPending}
            onClick={() => gone.mutate()}
            testId="demo-revoke"
          />
        )}
      </div>
      {anew.isSuccess && (
        <p role="status" className={style.hint}>
          {t('demo.seat.reissued')}
        </p>
      )}
      <Failure error={anew.error ?? gone.error} />
    </li>
  );
}

interface SeatButtonProps {
  name: string;
  /** whose link it is about */
  who: string;
  busy: boolean;
  onClick: () => void;
  testId: string;
}

function SeatButton({ name, who, busy, onClick, testId }: SeatButtonProps) {
  return (
    <Button
      variant="default"
      size="sm"
      loading={busy}
      onClick={onClick}
      aria-label={`${name}: ${who}`}
      data-testid={testId}
    >
      {name}
    </Button>
  );
}
