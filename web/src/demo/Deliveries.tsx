import { Button } from '@mantine/core';
import { IconRefresh, IconSend } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { localeOf } from '../ui/format';
import style from './Demo.module.css';
import { type Info, setReceiver } from './lk';
import { type Delivery, deliveries, resend, resendDead, testWebhook } from './model';
import { Empty, Failure, Skeleton } from './parts';

/** Deliveries is the server's own log of what it sent to LK: every try, and a way to send again. */
export function Deliveries({ info }: { info: Info }) {
  const { t } = useTranslation();
  const list = useQuery({
    queryKey: ['deliveries', info.webhookId],
    queryFn: () => deliveries(info.webhookId),
    enabled: info.webhookId !== '',
    refetchInterval: 5000,
  });
  return (
    <>
      <p className={style.soft}>{t('demo.deliveries.text')}</p>
      <Receiver info={info} />
      <Failure error={list.error} />
      {list.isPending && <Skeleton />}
      {list.data?.length === 0 && <Empty title={t('demo.deliveries.none')} />}
      <ol className={style.plainList}>
        {list.data?.map((delivery) => (
          <DeliveryRow key={delivery.id} delivery={delivery} />
        ))}
      </ol>
    </>
  );
}

/** Receiver lets LK play dead, and tries what a programmer tries first. */
function Receiver({ info }: { info: Info }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [dead, setDead] = useState(info.receiver !== 204);
  const anew = () => void queries.invalidateQueries({ queryKey: ['deliveries'] });
  const play = useMutation({
    mutationFn: (answer: 204 | 503) => setReceiver(answer),
    onSuccess: (_told, receiver) => queries.setQueryData(['info'], { ...info, receiver }),
    onError: (_error, answer) => setDead(answer !== 503),
  });
  const check = useMutation({ mutationFn: () => testWebhook(info.webhookId), onSuccess: anew });
  const again = useMutation({ mutationFn: () => resendDead(info.webhookId), onSuccess: anew });
  return (
    <div className={style.receiver}>
      <label className={style.choice}>
        <input
          type="checkbox"
          checked={dead}
          onChange={(event) => {
            setDead(event.currentTarget.checked);
            play.mutate(event.currentTarget.checked ? 503 : 204);
          }}
          data-testid="demo-play-dead"
        />
        {t('demo.deliveries.dead')}
      </label>
      <div className={style.actions}>
        <Button
          variant="default"
          size="sm"
          leftSection={<IconSend size={18} />}
          loading={check.isPending}
          onClick={() => check.mutate()}
          data-testid="demo-test-event"
        >
          {t('demo.deliveries.test')}
        </Button>
        <Button
          variant="default"
          size="sm"
          leftSection={<IconRefresh size={18} />}
          loading={again.isPending}
          onClick={() => again.mutate()}
          data-testid="demo-resend-dead"
        >
          {t('demo.deliveries.resendDead')}
        </Button>
      </div>
      {check.data && (
        <p role="status" className={style.hint} data-testid="demo-test-verdict">
          {check.data.delivered
            ? t('demo.deliveries.testGood', { status: check.data.status, n: check.data.tookMs })
            : t('demo.deliveries.testBad', { why: check.data.error ?? check.data.status })}
        </p>
      )}
      {again.data && (
        <p role="status" className={style.hint}>
          {t('demo.deliveries.queued', { n: again.data.queued })}
        </p>
      )}
      <Failure error={play.error ?? check.error ?? again.error} />
    </div>
  );
}

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const { event, state, log, nextAttemptAt } = delivery;
  const again = useMutation({
    mutationFn: () => resend(delivery.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  const time = (at: string) => new Date(at).toLocaleTimeString(localeOf(i18n.language));
  return (
    <li className={style.event} data-testid="demo-delivery" data-state={state} data-type={event.type}>
      <div className={style.row}>
        <code className={style.type}>{event.type}</code>
        <span className={style.state} data-state={state}>
          {t(`demo.deliveries.state.${state}`)}
        </span>
      </div>
      <div className={style.row}>
        <span>
          <span className={style.number}>№ {event.sequence}</span>
          <code className={style.short}>…{event.data.sessionId.slice(-6)}</code>
        </span>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconRefresh size={16} />}
          loading={again.isPending}
          disabled={state === 'pending'}
          onClick={() => again.mutate()}
          aria-label={`${t('demo.deliveries.again')}: ${event.type} № ${event.sequence}`}
          data-testid="demo-resend"
        >
          {t('demo.deliveries.again')}
        </Button>
      </div>
      {log.length > 0 && (
        <ul className={style.tries}>
          {log.slice(-4).map((one) => (
            <li key={one.at}>
              <time dateTime={one.at}>{time(one.at)}</time>
              <span data-ok={!one.error}>
                {one.error || one.status}, {t('demo.milliseconds', { n: one.tookMs })}
              </span>
            </li>
          ))}
        </ul>
      )}
      {state === 'pending' && nextAttemptAt && log.length > 0 && (
        <p className={style.hint}>{t('demo.deliveries.next', { at: time(nextAttemptAt) })}</p>
      )}
      <Failure error={again.error} />
    </li>
  );
}
