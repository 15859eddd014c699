import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../ui/Dialog';
import type { AskedProps } from './Ask';
import { BookForm } from './BookForm';
import { CancelForm } from './CancelForm';
import style from './Demo.module.css';
import { FinishForm } from './FinishForm';
import { InviteForm } from './InviteForm';
import { ahead, type Session, type Viewer } from './model';
import { Empty, Failure, Skeleton } from './parts';
import { RescheduleForm } from './RescheduleForm';
import { type Action, SessionCard } from './SessionCard';
import { Whose } from './Whose';

interface AheadProps {
  viewer: Viewer;
  onViewer: (viewer: Viewer) => void;
  onEvents: (session: string) => void;
  onChanged: () => void;
}

interface Asked {
  action: Action;
  session: Session;
}

const forms: Record<Action, (props: AskedProps) => ReactNode> = {
  reschedule: RescheduleForm,
  cancel: CancelForm,
  finish: FinishForm,
  invite: InviteForm,
};

/** Ahead is what LK's user sees first: a form to book, and what is booked or going on. */
export function Ahead({ viewer, onViewer, onEvents, onChanged }: AheadProps) {
  const { t, i18n } = useTranslation();
  const list = useQuery({
    queryKey: ['ahead', viewer, i18n.language],
    queryFn: () => ahead(viewer),
    refetchInterval: 15_000,
  });
  const [asked, setAsked] = useState<Asked>();
  const [asking, setAsking] = useState(false); // what was asked stays until its dialog is gone
  const ask = (action: Action, session: Session) => {
    setAsked({ action, session });
    setAsking(true);
  };
  const close = () => setAsking(false);
  const done = () => {
    close();
    onChanged();
  };
  const Form = asked && forms[asked.action];

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
          onAsk={(action) => ask(action, session)}
          onEvents={() => onEvents(session.id)}
          onChanged={onChanged}
        />
      ))}
      <Dialog opened={asking} onClose={close} title={asked ? t(`demo.${asked.action}.title`) : ''}>
        {Form && <Form session={asked.session} onDone={done} />}
      </Dialog>
    </>
  );
}
