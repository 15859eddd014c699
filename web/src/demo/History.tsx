import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import style from './Demo.module.css';
import { HistoryItem } from './HistoryItem';
import { past, type Status, type Viewer } from './model';
import { Empty, Failure, Skeleton } from './parts';
import { Whose } from './Whose';

const over: Status[] = ['FINISHED', 'CANCELLED', 'MISSED'];

/** History lists what is over, the newest first, as the history page of a patient or a doctor does. */
export function History({ viewer, onViewer }: { viewer: Viewer; onViewer: (viewer: Viewer) => void }) {
  const { t, i18n } = useTranslation();
  const [status, setStatus] = useState<Status>('FINISHED');
  const list = useQuery({
    queryKey: ['past', viewer, status, i18n.language],
    queryFn: () => past(viewer, status),
    refetchInterval: 30_000,
  });
  return (
    <>
      <h2 className="visually-hidden">{t('demo.tab.past')}</h2>
      <div className={style.filter}>
        <NativeSelect
          size="md"
          label={t('demo.history.which')}
          value={status}
          data={over.map((value) => ({ value, label: t(`demo.history.${value}`) }))}
          onChange={(event) => setStatus(event.currentTarget.value as Status)}
          data-testid="demo-history-status"
        />
        <Whose viewer={viewer} onViewer={onViewer} />
      </div>
      <Failure error={list.error} />
      {list.isPending && <Skeleton />}
      {list.data?.length === 0 && (
        <Empty title={t('demo.history.none')}>{status === 'FINISHED' && t('demo.history.noneText')}</Empty>
      )}
      {list.data?.map((session) => (
        <HistoryItem key={session.id} session={session} />
      ))}
    </>
  );
}
