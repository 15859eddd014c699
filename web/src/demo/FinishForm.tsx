import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Ask, type AskedProps } from './Ask';
import { finish } from './model';

/** FinishForm ends a consultation from outside: everybody leaves the room. */
export function FinishForm({ session, onDone }: AskedProps) {
  const { t } = useTranslation();
  const act = useMutation({ mutationFn: () => finish(session.id), onSuccess: onDone });
  return (
    <Ask act={act} submit={t('demo.finish.confirm')} testId="demo-finish-confirm">
      <p>{t('demo.finish.text')}</p>
    </Ask>
  );
}
