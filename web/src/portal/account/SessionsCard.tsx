import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { dateTimeOf } from '../../ui/format';
import { get, segment, send } from '../api';
import style from '../parts/parts.module.css';
import { Refused } from '../parts/Refused';
import { Tag } from '../parts/Tag';
import { ago } from '../parts/time';
import { LoadFailed, Waiting } from '../states';
import type { List, StaffSession } from '../wire';
import own from './SessionsCard.module.css';

const path = '/v1/admin/account/sessions';
const queryKey = ['account', 'sessions'];

/** SessionsCard lists where one is logged in, and ends what one does not know. */
export function SessionsCard() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const list = useQuery({ queryKey, queryFn: () => get<List<StaffSession>>(path) });
  const refresh = () => queries.invalidateQueries({ queryKey });
  const end = useMutation({ mutationFn: (id: string) => send('DELETE', `${path}/${segment(id)}`), onSettled: refresh });
  const endOthers = useMutation({ mutationFn: () => send('DELETE', path), onSettled: refresh });
  const items = list.data?.items ?? [];
  const others = items.filter((session) => !session.current);
  return (
    <section className={style.card} aria-labelledby="sessions-title">
      <div className={style.cardHead}>
        <div>
          <h2 id="sessions-title">{t('portal.account.sessions')}</h2>
          <p className={style.lead}>{t('portal.account.sessionsText')}</p>
        </div>
        {others.length > 0 && (
          <Button
            variant="default"
            loading={endOthers.isPending}
            onClick={() => endOthers.mutate()}
            data-testid="sessions-end-others"
          >
            {t('portal.account.endOthers')}
          </Button>
        )}
      </div>
      {list.isPending && <Waiting />}
      {list.isError && <LoadFailed error={list.error} retry={() => void list.refetch()} />}
      <ul className={own.list}>
        {items.map((session) => (
          <Row
            key={session.id}
            session={session}
            busy={end.isPending && end.variables === session.id}
            onEnd={() => end.mutate(session.id)}
          />
        ))}
      </ul>
      <Refused error={end.error ?? endOthers.error} />
      {list.isSuccess && others.length === 0 && <p className={style.muted}>{t('portal.account.onlyThis')}</p>}
    </section>
  );
}

function Row({ session, busy, onEnd }: { session: StaffSession; busy: boolean; onEnd: () => void }) {
  const { t, i18n } = useTranslation();
  const agent = session.agent.replace(' on ', ', ') || t('portal.account.unknownAgent');
  return (
    <li className={own.row} data-testid="own-session" data-current={session.current}>
      <div>
        <strong>{agent}</strong> {session.current && <Tag tone="good">{t('portal.account.here')}</Tag>}
        <p className={style.muted}>
          {t('portal.account.since', { time: dateTimeOf(session.createdAt, i18n.language) })},{' '}
          {t(`portal.account.way.${session.way}`)}
          {!session.current && `, ${t('portal.account.seen', { time: ago(session.seenAt, t, i18n.language) })}`}
        </p>
      </div>
      {!session.current && (
        <Button
          variant="default"
          loading={busy}
          onClick={onEnd}
          aria-label={t('portal.account.endLabel', { agent })}
          data-testid="session-end"
        >
          {t('portal.account.end')}
        </Button>
      )}
    </li>
  );
}
