import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toInput } from '../ui/format';
import style from './Demo.module.css';
import { book, bookSimply, doctors, type Order, type Policy, patients } from './model';
import { Failure } from './parts';
import { nameOf, specialtyOf } from './people';
import { newKey } from './rest';
import { nextQuarter, timeZone, toTime } from './when';

const policies: Policy[] = ['ask', 'required', 'off'];
const lengths = [15, 20, 30, 45, 60, 90];

/** BookForm books a consultation: with all that can be told, or by two ids only. */
export function BookForm({ onBooked }: { onBooked: () => void }) {
  const { t, i18n } = useTranslation();
  const [doctor, setDoctor] = useState<string>(doctors[0]);
  const [patient, setPatient] = useState<string>(patients[0]);
  const [later, setLater] = useState(false);
  const [start, setStart] = useState(() => toInput(nextQuarter(new Date())));
  const [minutes, setMinutes] = useState(30);
  const [topic, setTopic] = useState('');
  const [language, setLanguage] = useState('');
  const [recording, setRecording] = useState<Policy>('ask');
  const [externalId, setExternalId] = useState('');
  // Pressed again after an answer that got lost, the same key makes no second consultation.
  const [once, setOnce] = useState(newKey);

  const booked = () => {
    setOnce(newKey());
    setExternalId('');
    onBooked();
  };
  const order = (): Order => ({
    externalId: externalId.trim() || undefined,
    doctor: { id: doctor, name: nameOf(doctor, t), specialty: specialtyOf(doctor, t) },
    patient: { id: patient, name: nameOf(patient, t) },
    startsAt: later ? toTime(start) : undefined,
    durationMinutes: minutes,
    timeZone: timeZone(),
    topic: topic.trim() || t('demo.book.topicDefault'),
    language: (language || i18n.language) === 'en' ? 'en' : 'ru',
    recording,
    metadata: { madeBy: 'demo' },
  });
  const full = useMutation({
    mutationFn: () => book(order(), once),
    onSuccess: booked,
    onError: () => setOnce(newKey()), // an answer came, or the form will be changed
  });
  const simple = useMutation({ mutationFn: () => bookSimply(doctor, patient), onSuccess: onBooked });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    full.mutate();
  };

  return (
    <form className={style.card} onSubmit={submit} aria-labelledby="book-title">
      <h2 id="book-title" className={style.subtitle}>
        {t('demo.book.title')}
      </h2>
      <div className={style.fields}>
        <NativeSelect
          size="md"
          label={t('demo.book.doctor')}
          value={doctor}
          data={doctors.map((id) => ({ value: id, label: t(`demo.people.${id}.listed`) }))}
          onChange={(event) => setDoctor(event.currentTarget.value)}
          data-testid="demo-doctor"
        />
        <NativeSelect
          size="md"
          label={t('demo.book.patient')}
          value={patient}
          data={patients.map((id) => ({ value: id, label: nameOf(id, t) }))}
          onChange={(event) => setPatient(event.currentTarget.value)}
          data-testid="demo-patient"
        />
        <NativeSelect
          size="md"
          label={t('demo.book.start')}
          value={later ? 'later' : 'now'}
          data={[
            { value: 'now', label: t('demo.book.now') },
            { value: 'later', label: t('demo.book.later') },
          ]}
          onChange={(event) => setLater(event.currentTarget.value === 'later')}
          data-testid="demo-start"
        />
        {later && (
          <TextInput
            size="md"
            type="datetime-local"
            label={t('demo.book.when')}
            value={start}
            required
            withAsterisk={false}
            onChange={(event) => setStart(event.currentTarget.value)}
            data-testid="demo-when"
          />
        )}
        <NativeSelect
          size="md"
          label={t('demo.book.recording')}
          value={recording}
          data={policies.map((value) => ({ value, label: t(`demo.policy.${value}`) }))}
          onChange={(event) => setRecording(event.currentTarget.value as Policy)}
          data-testid="demo-recording"
        />
      </div>
      <details className={style.more}>
        <summary>{t('demo.book.more')}</summary>
        <div className={style.fields}>
          <NativeSelect
            size="md"
            label={t('demo.book.duration')}
            value={String(minutes)}
            data={lengths.map((n) => ({ value: String(n), label: t('demo.minutes', { n }) }))}
            onChange={(event) => setMinutes(Number(event.currentTarget.value))}
          />
          <NativeSelect
            size="md"
            label={t('demo.book.language')}
            value={language || i18n.language}
            data={[
              { value: 'ru', label: 'Русский' },
              { value: 'en', label: 'English' },
            ]}
            onChange={(event) => setLanguage(event.currentTarget.value)}
          />
          <TextInput
            size="md"
            label={t('demo.book.topic')}
            placeholder={t('demo.book.topicDefault')}
            value={topic}
            maxLength={500}
            onChange={(event) => setTopic(event.currentTarget.value)}
            data-testid="demo-topic"
          />
          <TextInput
            size="md"
            label={t('demo.book.externalId')}
            placeholder="lk-48213"
            value={externalId}
            maxLength={128}
            onChange={(event) => setExternalId(event.currentTarget.value)}
            data-testid="demo-external"
          />
        </div>
        <p className={style.hint}>{t('demo.book.externalIdHint')}</p>
      </details>
      <div className={style.submit}>
        <Button type="submit" size="lg" loading={full.isPending} data-testid="demo-create">
          {t('demo.book.create')}
        </Button>
        <Button
          variant="default"
          size="lg"
          loading={simple.isPending}
          onClick={() => simple.mutate()}
          data-testid="demo-simple"
        >
          {t('demo.book.simple')}
        </Button>
      </div>
      <p className={style.hint}>{t('demo.book.simpleHint')}</p>
      <Failure error={full.error ?? simple.error} />
    </form>
  );
}
