import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BookForm } from './BookForm';
import { CancelDialog } from './CancelDialog';
import style from './Demo.module.css';
import { FinishDialog } from './FinishDialog';
import { InviteDialog } from './InviteDialog';
import { ahead, type Session, type Viewer } from './model';
import { Empty, Failure, Skeleton } from './parts';
import { RescheduleDialog } from './RescheduleDialog';
import { type Action, SessionCard } from './SessionCard';
import { Whose } from './Whose';

interface AheadProps {
  viewer: Viewer;
  onViewer: (viewer: Viewer) => void;
  onEvents: (session: string) => void;
  onChanged: () => void;
}

/** Ahead is what LK's user sees first: a form to book, and what is booked or going on. */
export function Ahead({ viewer, onViewer, onEvents, onChanged }: AheadProps) {
  const { t, i18n } = useTranslation();
  const list = useQuery({
    queryKey: ['ahead', viewer, i18n.language],
    queryFn: () => ahead(viewer),
    refetchInterval: 15_000,
  });
  const [asked, setAsked] = useState<{ action: Action; session: Session }>();
  const close = () => setAsked(undefined);
  const done = () => {
    close();
    onChanged();
  };
  const dialogs = {
    reschedule: RescheduleDialog,
    cancel: CancelDialog,
    finish: FinishDialog,
    invite: InviteDialog,
  };
  const Asked = asked && dialogs[asked.action];

  return (
    <>
      <BookForm onBooked={onChanged} />
      <div className={style.listHead}>
        <h2>{t('demo.sessions')}</h2>
        <Whose viewer={viewer} onViewer={onViewer} />
      </div>
      <Failure error={list.error} />
      {list.isPending && <Skeleton />}
      {list.data?.length === 0 && <Empty title={t('demo.none')}>{t('demo.noneText')}</Empty>}
      {list.data?.map((session, i) => (
        <SessionCard
          key={session.id}
          session={session}
          hint={i === 0}
          onAsk={(action) => setAsked({ action, session })}
          onEvents={() => onEvents(session.id)}
          onChanged={onChanged}
        />
      ))}
      {asked && Asked && <Asked session={asked.session} onClose={close} onDone={done} />}
    </>
  );
}
