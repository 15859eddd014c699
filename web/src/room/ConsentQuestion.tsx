import { IconCheck, IconPlayerRecord } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { RecordingPolicy } from '../engine/types';
import style from './ConsentQuestion.module.css';

interface ConsentQuestionProps {
  policy: RecordingPolicy;
  value: boolean | null;
  onChange: (given: boolean) => void;
  /** the person wanted to go on without an answer */
  missing: boolean;
}

/** ConsentQuestion asks whether the consultation may be recorded. Nothing is chosen beforehand. */
export function ConsentQuestion({ policy, value, onChange, missing }: ConsentQuestionProps) {
  const { t } = useTranslation();
  const required = policy === 'required';
  return (
    <section id="consent" className={style.card} data-missing={missing} aria-labelledby="consent-title">
      <h2 id="consent-title" className={style.title}>
        <IconPlayerRecord size={22} aria-hidden="true" /> {t('consent.title')}
      </h2>
      <p className={style.text}>{t(required ? 'consent.required' : 'consent.ask')}</p>
      <div className={style.answers} role="radiogroup" aria-labelledby="consent-title">
        <Answer
          chosen={value === true}
          onChoose={() => onChange(true)}
          testId="consent-accept"
          words={t('consent.accept')}
        />
        {!required && (
          <Answer
            chosen={value === false}
            onChoose={() => onChange(false)}
            testId="consent-refuse"
            words={t('consent.refuse')}
          />
        )}
      </div>
      {missing && (
        <p className={style.missing} role="alert">
          {t(required ? 'consent.must' : 'consent.choose')}
        </p>
      )}
    </section>
  );
}

function Answer({
  chosen,
  onChoose,
  testId,
  words,
}: {
  chosen: boolean;
  onChoose: () => void;
  testId: string;
  words: string;
}) {
  return (
    <label className={style.answer} data-chosen={chosen}>
      <input
        type="radio"
        name="consent"
        checked={chosen}
        onChange={onChoose}
        data-testid={testId}
        className={style.input}
      />
      <span className={style.mark} aria-hidden="true">
        {chosen && <IconCheck size={18} stroke={3} />}
      </span>
      {words}
    </label>
  );
}
