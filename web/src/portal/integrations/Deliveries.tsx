import { NativeSelect } from '@mantine/core';
import { IconChecks, IconInbox } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { More } from '../parts/More';
import parts from '../parts/parts.module.css';
import { Empty, LoadFailed, Waiting } from '../states';
import type { DeliveryState, Webhook } from '../wire';
import style from './Deliveries.module.css';
import { DeliveryRow } from './DeliveryRow';
import { deliveriesKey, deliveries as read, refreshEvery } from './hooks';
import { ResendDead } from './ResendDead';

const states = ['all', 'pending', 'delivered', 'dead'] as const;
type Shown = (typeof states)[number];

/** Deliveries is the log of what was sent to a webhook, newest first. */
export function Deliveries({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Shown>('all');
  const state: DeliveryState | undefined = shown === 'all' ? undefined : shown;
  const pages = useInfiniteQuery({
    queryKey: [...deliveriesKey(webhook.id), shown],
    queryFn: ({ pageParam }) => read(webhook.id, state, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: refreshEvery,
  });
  const list = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-labelledby="deliveries-title">
      <header className={style.head}>
        <h2 id="deliveries-title">{t('portal.integrations.deliveries.title')}</h2>
        <div className={style.tools}>
          <NativeSelect
            size="md"
            aria-label={t('portal.integrations.deliveries.filter')}
            name="state"
            value={shown}
            data={states.map((value) => ({ value, label: t(`portal.integrations.deliveries.states.${value}`) }))}
            onChange={(event) => setShown(event.currentTarget.value as Shown)}
          />
          <ResendDead webhook={webhook} />
        </div>
      </header>
      {pages.isPending && <Waiting />}
      {pages.isError && <LoadFailed error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isSuccess && list.length === 0 && <Nothing shown={shown} />}
      <ul className={parts.list}>
        {list.map((delivery) => (
          <DeliveryRow key={delivery.id} delivery={delivery} webhook={webhook} />
        ))}
      </ul>
      <More of={pages} />
    </section>
  );
}

function Nothing({ shown }: { shown: Shown }) {
  const { t } = useTranslation();
  const which = shown === 'all' ? 'none' : shown === 'dead' ? 'noneDead' : 'noneState';
  return (
    <Empty
      icon={shown === 'dead' ? <IconChecks size={40} /> : <IconInbox size={40} />}
      title={t(`portal.integrations.deliveries.${which}`)}
      text={t(`portal.integrations.deliveries.${which}Text`)}
    />
  );
}
