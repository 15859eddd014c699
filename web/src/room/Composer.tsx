import { IconPaperclip, IconSend2 } from '@tabler/icons-react';
import { type ClipboardEvent, type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import style from './Composer.module.css';
import { useCall, usePresent } from './call-context';
import { useMedia } from './hooks';

/** Composer writes texts and takes files: by a button, by paste. Enter sends where there is a keyboard, Shift+Enter breaks the line. */
export function Composer({ autoFocus, canSendFiles }: { autoFocus: boolean; canSendFiles: boolean }) {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { limits } = useCall();
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const keyboard = useMedia('(hover: hover) and (pointer: fine)');
  const length = [...text.trim()].length;
  const tooLong = length > limits.maxText;

  useEffect(() => {
    if (autoFocus && keyboard) field.current?.focus();
  }, [autoFocus, keyboard]);

  const send = () => {
    if (length === 0 || tooLong) return;
    call.say(text.trim());
    setText('');
    field.current?.focus();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || !keyboard) return;
    event.preventDefault();
    send();
  };
  const paste = (event: ClipboardEvent) => {
    if (!canSendFiles || event.clipboardData.files.length === 0) return;
    event.preventDefault();
    call.sendFiles(event.clipboardData.files);
  };

  return (
    <form className={style.composer} onSubmit={submit}>
      {tooLong && (
        <p className={style.tooLong} role="alert">
          {t('chat.tooLong', { count: length, max: limits.maxText })}
        </p>
      )}
      <div className={style.row}>
        <input
          ref={picker}
          type="file"
          multiple
          className={style.picker}
          tabIndex={-1}
          aria-hidden="true"
          data-testid="chat-file-input"
          disabled={!canSendFiles}
          onChange={(event) => {
            if (event.currentTarget.files) call.sendFiles(event.currentTarget.files);
            event.currentTarget.value = '';
          }}
        />
        <button
          type="button"
          className={style.button}
          disabled={!canSendFiles}
          onClick={() => picker.current?.click()}
          aria-label={t('chat.attach')}
          title={t(canSendFiles ? 'chat.attach' : 'chat.filesAfter')}
        >
          <IconPaperclip size={26} aria-hidden="true" />
        </button>
        <textarea
          ref={field}
          className={style.field}
          rows={1}
          value={text}
          placeholder={t('chat.placeholder')}
          aria-label={t('chat.placeholder')}
          data-testid="chat-input"
          enterKeyHint="send"
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={key}
          onPaste={paste}
        />
        <button
          type="submit"
          className={style.button}
          data-primary="true"
          disabled={length === 0 || tooLong}
          aria-label={t('chat.send')}
          data-testid="chat-send"
        >
          <IconSend2 size={26} aria-hidden="true" />
        </button>
      </div>
    </form>
  );
}
