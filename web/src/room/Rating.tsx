import { Button } from '@mantine/core';
import { IconStar, IconStarFilled } from '@tabler/icons-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RoomError, rate } from '../engine/room-api';
import { language } from '../text';
import style from './Rating.module.css';

const stars = [1, 2, 3, 4, 5];
const maxComment = 1000;

type Stage = 'asked' | 'sending' | 'failed' | 'thanks' | 'skipped';

/** Rating asks the patient for one to five stars once the consultation is over. Nobody has to answer. */
export function Rating({ pass }: { pass: string }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(0);
  const [comment, setComment] = useState('');
  const [missing, setMissing] = useState(false);
  const [stage, setStage] = useState<Stage>('asked');
  const answered = useRef<HTMLParagraphElement>(null);
  const over = stage === 'thanks' || stage === 'skipped';

  useEffect(() => {
    if (over) answered.current?.focus();
  }, [over]);

  const send = (event: FormEvent) => {
    event.preventDefault();
    if (chosen === 0) {
      setMissing(true);
      return;
    }
    setStage('sending');
    rate(pass, chosen, comment.trim(), language()).then(
      () => setStage('thanks'),
      // Rated before, on another device: that is as good.
      (error: unknown) => setStage(error instanceof RoomError && error.code === 'conflict' ? 'thanks' : 'failed'),
    );
  };

  if (over) {
    return (
      <p
        className={style.answered}
        ref={answered}
        tabIndex={-1}
        role="status"
        data-testid="rating-over"
        data-code={stage}
      >
        {t(`rating.${stage}`)}
      </p>
    );
  }
  return (
    <form className={style.card} onSubmit={send} data-testid="rating" noValidate>
      <fieldset className={style.stars} aria-describedby="rating-word">
        <legend className={style.title}>{t('rating.title')}</legend>
        {stars.map((count) => (
          <label key={count} className={style.star} data-on={count <= chosen}>
            <input
              className={style.input}
              type="radio"
              name="stars"
              value={count}
              checked={count === chosen}
              aria-label={t('rating.star', { count, word: t(`rating.words.${count}`) })}
              data-testid={`rating-${count}`}
              onChange={() => {
                setChosen(count);
                setMissing(false);
              }}
            />
            {count <= chosen ? <IconStarFilled size={36} /> : <IconStar size={36} stroke={1.5} />}
          </label>
        ))}
      </fieldset>
      <p className={style.word} id="rating-word" data-missing={missing} role={missing ? 'alert' : undefined}>
        {chosen === 0 ? t('rating.hint') : t(`rating.words.${chosen}`)}
      </p>
      {chosen > 0 && (
        <label className={style.comment}>
          {t('rating.comment')}
          <textarea
            className={style.field}
            rows={3}
            maxLength={maxComment}
            value={comment}
            data-testid="rating-comment"
            onChange={(event) => setComment(event.currentTarget.value)}
          />
        </label>
      )}
      {stage === 'failed' && (
        <p className={style.failed} role="alert">
          {t('rating.failed')}
        </p>
      )}
      <div className={style.actions}>
        <Button type="submit" size="lg" loading={stage === 'sending'} data-testid="rating-send">
          {t('rating.send')}
        </Button>
        <Button variant="subtle" size="lg" data-testid="rating-skip" onClick={() => setStage('skipped')}>
          {t('rating.skip')}
        </Button>
      </div>
    </form>
  );
}
