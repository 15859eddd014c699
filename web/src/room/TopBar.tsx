import { useTranslation } from 'react-i18next';
import { Brand } from '../ui/Brand';
import { clock } from '../ui/format';
import { useCall, usePresent } from './call-context';
import { useNow } from './hooks';
import style from './TopBar.module.css';

/** TopBar says whether it is being recorded and how long one has talked. */
export function TopBar() {
  const { t } = useTranslation();
  const { entered } = usePresent();
  const { recording } = useCall();
  return (
    <div className={style.bar}>
      <Brand name={entered.brand.name} />
      <div className={style.end}>
        {recording.active && (
          <span className={style.recording} data-testid="recording-sign" role="status">
            <span className={style.dot} aria-hidden="true" />
            {t('room.recording')}
          </span>
        )}
        {recording.failed && <span className={style.failed}>{t('room.recordingFailed')}</span>}
        <Elapsed />
      </div>
    </div>
  );
}

function Elapsed() {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { session } = useCall();
  useNow();
  if (!session.startedAt) return null;
  return (
    <span className={style.elapsed} role="timer" aria-label={t('room.elapsed')}>
      {clock(call.serverNow() - Date.parse(session.startedAt))}
    </span>
  );
}
