import { Progress } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Outgoing } from '../engine/chat';
import type { Upload } from '../engine/files';
import { bytes } from '../ui/format';
import type { FileProgress } from '../wire/protocol.gen';
import { useCall, usePresent } from './call-context';
import style from './Entry.module.css';
import { shortNameOf } from './names';

/** OutgoingText is a text that the server has not stored yet. */
export function OutgoingText({ outgoing }: { outgoing: Outgoing }) {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { link } = useCall();
  return (
    <div className={style.entry} data-own="true" data-testid="chat-outgoing">
      <div className={`${style.bubble} ${style.pending}`}>{outgoing.text}</div>
      {outgoing.refused ? (
        <div className={style.note} data-bad="true" role="alert">
          {t('chat.refused')}
          <button type="button" className={style.small} onClick={() => call.sayAgain(outgoing.clientId)}>
            {t('chat.again')}
          </button>
          <button type="button" className={style.small} onClick={() => call.unsay(outgoing.clientId)}>
            {t('chat.remove')}
          </button>
        </div>
      ) : (
        <div className={style.note}>{t(link.up ? 'chat.sending' : 'chat.waitingNet')}</div>
      )}
    </div>
  );
}

/** Codes of failed uploads that have words of their own. */
const worded = new Set(['too_large', 'unsupported', 'invalid', 'unavailable', 'cancelled', 'empty', 'unreadable']);

/** UploadView is a file on its way to the server. */
export function UploadView({ upload }: { upload: Upload }) {
  const { t, i18n } = useTranslation();
  const { call } = usePresent();
  const { limits } = useCall();
  const percent = upload.size > 0 ? Math.floor((100 * upload.stored) / upload.size) : 0;
  const failed = upload.state === 'failed';
  const words = failed
    ? t(`chat.fail.${worded.has(upload.code ?? '') ? upload.code : 'other'}`, {
        max: bytes(limits.maxFile, t, i18n.language),
      })
    : upload.state === 'waiting'
      ? t('chat.uploadWaiting')
      : upload.state === 'finishing'
        ? t('chat.uploadChecking')
        : t('chat.uploading', { percent });
  return (
    <div className={style.entry} data-own="true" data-testid="chat-upload" data-state={upload.state}>
      <div className={style.bubble}>
        <div className={style.upload}>
          <span className={style.fileName}>{upload.name}</span>
          {!failed && <Progress value={percent} aria-label={upload.name} size="lg" radius="xl" />}
        </div>
      </div>
      <div className={style.note} data-bad={failed} role={failed ? 'alert' : undefined}>
        {words}
        <button type="button" className={style.small} onClick={() => call.cancelFile(upload.clientId)}>
          {t(failed ? 'chat.remove' : 'common.cancel')}
        </button>
      </div>
    </div>
  );
}

/** Incoming is a file that somebody else is sending. */
export function Incoming({ progress }: { progress: FileProgress }) {
  const { t } = useTranslation();
  const { people } = useCall();
  const sender = people.find((person) => person.seat === progress.seat);
  const percent = progress.size > 0 ? Math.floor((100 * progress.received) / progress.size) : 0;
  return (
    <div className={style.entry} data-testid="chat-incoming">
      <div className={style.bubble}>
        <div className={style.upload}>
          <span>{t('chat.incoming', { name: sender ? shortNameOf(sender, t) : '' })}</span>
          <span className={style.fileName}>{progress.name}</span>
          <Progress value={percent} aria-label={progress.name} size="lg" radius="xl" />
        </div>
      </div>
    </div>
  );
}
