import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { dateTimeOf } from '../../ui/format';
import { Fold } from '../parts/Fold';
import parts from '../parts/parts.module.css';
import { Refused } from '../parts/Refused';
import { Tag, type Tone } from '../parts/Tag';
import { exactly, took } from '../parts/time';
import type { Delivery, DeliveryState, Webhook } from '../wire';
import { answerOf } from './answer';
import style from './Deliveries.module.css';
import { deliveriesKey, resend } from './hooks';

const tones: Record<DeliveryState, Tone> = { pending: 'accent', delivered: 'good', dead: 'bad' };

/** DeliveryRow is one event on its way to a webhook, with every attempt. */
export function DeliveryRow({ delivery, webhook }: { delivery: Delivery; webhook: Webhook }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const again = useMutation({
    mutationFn: () => resend(delivery.id),
    onSettled: () => queries.invalidateQueries({ queryKey: deliveriesKey(webhook.id) }),
  });
  const { event, state, log } = delivery;
  const name = t(`portal.integrations.event.${event.type}`, { defaultValue: event.type });
  return (
    <li
      className={parts.item}
      data-testid="delivery-row"
      data-id={delivery.id}
      data-state={state}
      data-type={event.type}
    >
      <div className={style.row}>
        <div className={style.what}>
          <strong>{name}</strong>
          <span className={parts.muted}>{dateTimeOf(event.createdAt, i18n.language)}</span>
          <code className={parts.muted}>{event.data.sessionId}</code>
        </div>
        <div className={style.end}>
          <Tag tone={tones[state]}>{t(`portal.integrations.deliveries.state.${state}`)}</Tag>
          {state !== 'pending' && webhook.enabled && (
            <Button
              variant="default"
              loading={again.isPending}
              onClick={() => again.mutate()}
              aria-label={t('portal.integrations.deliveries.resendLabel', { event: name })}
              data-testid="delivery-resend"
            >
              {t('portal.integrations.deliveries.resend')}
            </Button>
          )}
        </div>
      </div>
      {state === 'pending' && delivery.nextAttemptAt && (
        <p className={parts.muted}>
          {t('portal.integrations.deliveries.next', { time: exactly(delivery.nextAttemptAt, i18n.language) })}
        </p>
      )}
      {log.length > 0 && <Attempts log={log} name={name} />}
      <Refused error={again.error} />
    </li>
  );
}

function Attempts({ log, name }: { log: Delivery['log']; name: string }) {
  const { t, i18n } = useTranslation();
  return (
    <Fold summary={t('portal.integrations.deliveries.attempts', { count: log.length })}>
      <ol className={style.log} aria-label={t('portal.integrations.deliveries.attemptsOf', { event: name })}>
        {log.map((attempt) => (
          <li key={attempt.at} data-testid="delivery-attempt">
            <time dateTime={attempt.at}>{exactly(attempt.at, i18n.language)}</time>
            <span>{took(attempt.tookMs, i18n.language)}</span>
            <span className={attempt.error ? style.bad : style.good}>{answerOf(attempt, t)}</span>
          </li>
        ))}
      </ol>
    </Fold>
  );
}
