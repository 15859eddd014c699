import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dateTimeOf } from '../ui/format';
import style from './Demo.module.css';
import { Dialog } from './Dialog';
import { amend, readSession, type Session } from './model';
import { Failure } from './parts';
import { Refused } from './rest';
import { toInput, toTime } from './when';

interface RescheduleProps {
  session: Session;
  onClose: () => void;
  onDone: () => void;
}

const lengths = [15, 20, 30, 45, 60, 90];

const isStale = (error: Error | null) => error instanceof Refused && error.problem.status === 412;

/** RescheduleDialog changes an upcoming consultation, but only the version that the user has seen. */
export function RescheduleDialog({ session, onClose, onDone }: RescheduleProps) {
  const { t, i18n } = useTranslation();
  const seen = useQuery({
    queryKey: ['version', session.id],
    queryFn: () => readSession(session.id),
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const [start, setStart] = useState(toInput(new Date(session.startsAt)));
  const [minutes, setMinutes] = useState(session.durationMinutes);
  const [topic, setTopic] = useState(session.topic ?? '');
  const change = useMutation({
    mutationFn: (ifMatch: string) =>
      amend(session.id, { startsAt: toTime(start), durationMinutes: minutes, topic }, ifMatch),
    onSuccess: onDone,
  });
  const etag = seen.data?.etag ?? '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(etag);
  };
  const reload = async () => {
    const { data } = await seen.refetch();
    change.reset();
    if (!data) return;
    setStart(toInput(new Date(data.data.startsAt)));
    setMinutes(data.data.durationMinutes);
    setTopic(data.data.topic ?? '');
  };
  const stale = isStale(change.error);

  return (
    <Dialog title={t('demo.reschedule.title')} onClose={onClose}>
      <form className={style.dialogForm} onSubmit={submit}>
        <p className={style.hint}>{t('demo.reschedule.text')}</p>
        <TextInput
          size="md"
          type="datetime-local"
          label={t('demo.book.when')}
          value={start}
          required
          withAsterisk={false}
          onChange={(event) => setStart(event.currentTarget.value)}
          data-autofocus
          data-testid="demo-new-start"
        />
        <NativeSelect
          size="md"
          label={t('demo.book.duration')}
          value={String(minutes)}
          data={[...new Set([...lengths, minutes])].map((n) => ({ value: String(n), label: t('demo.minutes', { n }) }))}
          onChange={(event) => setMinutes(Number(event.currentTarget.value))}
        />
        <TextInput
          size="md"
          label={t('demo.book.topic')}
          value={topic}
          maxLength={500}
          onChange={(event) => setTopic(event.currentTarget.value)}
        />
        {stale ? (
          <div role="alert" className={style.stale} data-testid="demo-stale">
            <strong>{t('demo.reschedule.stale')}</strong>
            <p>{t('demo.reschedule.staleText')}</p>
            <Button onClick={() => void reload()} loading={seen.isFetching} data-testid="demo-reload">
              {t('demo.reschedule.reload')}
            </Button>
          </div>
        ) : (
          <>
            <Failure error={change.error ?? seen.error} />
            <Button type="submit" size="lg" loading={change.isPending} disabled={!etag} data-testid="demo-amend">
              {t('demo.reschedule.save')}
            </Button>
            <Button
              variant="subtle"
              size="md"
              disabled={!etag || change.isPending}
              onClick={() => change.mutate('"stale"')}
              data-testid="demo-amend-stale"
            >
              {t('demo.reschedule.try412')}
            </Button>
          </>
        )}
        {seen.data && (
          <p className={style.hint}>
            {t('demo.reschedule.seen', {
              etag,
              at: dateTimeOf(seen.data.data.startsAt, i18n.language),
            })}
          </p>
        )}
      </form>
    </Dialog>
  );
}
