import { useMediaQuery } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../ui/Page';
import { Ahead } from './Ahead';
import { Calls } from './Calls';
import { Deliveries } from './Deliveries';
import style from './Demo.module.css';
import { Events } from './Events';
import { History } from './History';
import { useCalls } from './journal';
import { info } from './lk';
import type { Viewer } from './model';
import { Skeleton } from './parts';
import { type Tab, Tabs } from './Tabs';
import { useArrivals } from './useArrivals';
import { Welcome } from './Welcome';

/** From here on there is room for two columns. */
const twoColumns = '(min-width: 1100px)';

/** Demo plays LK: what its users see, and beside it what its programmers want to see. */
export function Demo() {
  const { t } = useTranslation();
  const wide = useMediaQuery(twoColumns, true, { getInitialValueInEffect: false });
  const queries = useQueryClient();
  const [viewer, setViewer] = useState<Viewer>({ kind: 'all' });
  const [main, setMain] = useState('ahead');
  const [side, setSide] = useState('events');
  const [session, setSession] = useState('');
  const about = useQuery({ queryKey: ['info'], queryFn: info, staleTime: 30_000 });
  const changed = useCallback(() => {
    for (const key of ['ahead', 'past', 'invites', 'deliveries', 'recordings', 'messages'])
      void queries.invalidateQueries({ queryKey: [key] });
  }, [queries]);
  const arrivals = useArrivals(changed);
  const calls = useCalls();
  const eventsOf = (id: string) => {
    setSession(id);
    setSide('events');
    if (!wide) setMain('events');
  };

  const portal: Tab[] = [
    {
      id: 'ahead',
      name: t('demo.tab.ahead'),
      content: () => <Ahead viewer={viewer} onViewer={setViewer} onEvents={eventsOf} onChanged={changed} />,
    },
    { id: 'past', name: t('demo.tab.past'), content: () => <History viewer={viewer} onViewer={setViewer} /> },
  ];
  const workshop: Tab[] = [
    {
      id: 'events',
      name: t('demo.tab.events'),
      news: arrivals.list.length,
      newsName: t('demo.events.count'),
      content: () => <Events arrivals={arrivals} session={session} onAll={() => setSession('')} info={about.data} />,
    },
    {
      id: 'calls',
      name: t('demo.tab.calls'),
      news: calls.filter(({ quiet }) => !quiet).length,
      newsName: t('demo.calls.count'),
      content: () => <Calls info={about.data} />,
    },
    {
      id: 'deliveries',
      name: t('demo.tab.deliveries'),
      content: () => (about.data ? <Deliveries info={about.data} /> : <Skeleton />),
    },
  ];

  return (
    <Page title={t('demo.title')} width="wide">
      <Welcome info={about.data} />
      <div className={style.columns}>
        {/* The same element on both widths: a phone that is turned must not lose what was typed. */}
        <div className={style.column}>
          <Tabs
            label={t(wide ? 'demo.tab.portal' : 'demo.tab.all')}
            tabs={wide ? portal : [...portal, ...workshop]}
            open={main}
            onOpen={setMain}
          />
        </div>
        {wide && (
          <aside className={style.workshop} aria-label={t('demo.tab.workshop')}>
            <Tabs label={t('demo.tab.workshop')} tabs={workshop} open={side} onOpen={setSide} />
          </aside>
        )}
      </div>
    </Page>
  );
}
