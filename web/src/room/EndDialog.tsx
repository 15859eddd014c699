import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePresent } from './call-context';
import style from './dialogs.module.css';

/** EndDialog makes the doctor say whether to end it for all or only to go out. */
export function EndDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const { call } = usePresent();
  const [failed, setFailed] = useState(false);
  const end = () => {
    call.end().catch(() => setFailed(true));
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      centered
      lockScroll={false}
      radius="lg"
      title={t('end.title')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      classNames={{ title: style.title, body: style.body }}
    >
      <p className={style.text}>{t('end.text')}</p>
      {failed && (
        <p className={style.failed} role="alert">
          {t('end.failed')}
        </p>
      )}
      <Button fullWidth size="lg" color="#b3261e" onClick={end} data-testid="end-confirm">
        {t('end.confirm')}
      </Button>
      <Button fullWidth size="lg" variant="default" onClick={() => call.leave()} data-testid="leave-button">
        {t('end.leave')}
      </Button>
      <p className={style.hint}>{t('end.leaveText')}</p>
    </Modal>
  );
}
