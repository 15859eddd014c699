import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Form } from '../ui/Form';
import { dateTimeOf, toInput } from '../ui/format';
import type { AskedProps } from './Ask';
import style from './Demo.module.css';
import { amend, readSession } from './model';
import { reason } from './parts';
import { Refused } from './rest';
import { toTime } from './when';

const lengths = [15, 20, 30, 45, 60, 90];

const isStale = (error: Error | null) => error instanceof Refused && error.problem.status === 412;

/** RescheduleForm changes an upcoming consultation, but only the version that the user has seen. */
export function RescheduleForm({ session, onDone }: AskedProps) {
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
  const first = useRef<HTMLInputElement>(null);
  const reload = async () => {
    const { data } = await seen.refetch();
    change.reset();
    if (!data) return;
    setStart(toInput(new Date(data.data.startsAt)));
    setMinutes(data.data.durationMinutes);
    setTopic(data.data.topic ?? '');
    first.current?.focus();
  };
  const stale = isStale(change.error);
  const failed = stale ? null : (change.error ?? seen.error);

  return (
    <Form
      onSubmit={() => change.mutate(etag)}
      failed={failed ? reason(failed, t) : undefined}
      actions={
        <>
          {stale ? (
            <div role="alert" className={style.stale} data-testid="demo-stale">
              <strong>{t('demo.reschedule.stale')}</strong>
              <p>{t('demo.reschedule.staleText')}</p>
              <Button autoFocus onClick={() => void reload()} loading={seen.isFetching} data-testid="demo-reload">
                {t('demo.reschedule.reload')}
              </Button>
            </div>
          ) : (
            <>
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
              {t('demo.reschedule.seen', { etag, at: dateTimeOf(seen.data.data.startsAt, i18n.language) })}
            </p>
          )}
        </>
      }
    >
      <p className={style.hint}>{t('demo.reschedule.text')}</p>
      <TextInput
        ref={first}
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
    </Form>
  );
}
