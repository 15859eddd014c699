import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import style from './Demo.module.css';
import { Dialog } from './Dialog';
import { finish, type Session } from './model';
import { Failure } from './parts';

/** FinishDialog ends a consultation from outside: everybody leaves the room. */
export function FinishDialog({
  session,
  onClose,
  onDone,
}: {
  session: Session;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const over = useMutation({ mutationFn: () => finish(session.id), onSuccess: onDone });
  return (
    <Dialog title={t('demo.finish.title')} onClose={onClose}>
      <div className={style.dialogForm}>
        <p>{t('demo.finish.text')}</p>
        <Failure error={over.error} />
        <Button
          size="lg"
          loading={over.isPending}
          onClick={() => over.mutate()}
          data-autofocus
          data-testid="demo-finish-confirm"
        >
          {t('demo.finish.confirm')}
        </Button>
      </div>
    </Dialog>
  );
}
