import { type DragEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import style from './ChatPanel.module.css';
import { Composer } from './Composer';
import { useCall, usePresent } from './call-context';
import { Entry, grouped } from './Entry';
import { Incoming, OutgoingText, UploadView } from './Outgoing';

/** ChatPanel is the thread: messages, files, what is on its way, and the composer. Files can be dropped anywhere on it. */
export function ChatPanel({ autoFocus = false }: { autoFocus?: boolean }) {
  const { t } = useTranslation();
  const { call } = usePresent();
  const { thread, uploads, incoming, self, phase } = useCall();
  const [over, setOver] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  const canSendFiles = phase === 'joined';
  const empty = thread.messages.length + thread.outbox.length + uploads.length + incoming.length === 0;

  // The end stays in view unless the person scrolled up to read.
  useLayoutEffect(() => {
    const element = list.current;
    if (element && stick.current) element.scrollTop = element.scrollHeight;
  });
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const watch = new ResizeObserver(() => {
      if (stick.current) element.scrollTop = element.scrollHeight;
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (canSendFiles) call.sendFiles(event.dataTransfer.files);
  };

  return (
    <section
      className={style.chat}
      aria-label={t('chat.title')}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(canSendFiles && event.dataTransfer.types.includes('Files'));
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={drop}
    >
      <div
        ref={list}
        className={style.list}
        role="log"
        aria-live="polite"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={t('chat.title')}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          stick.current = scrollHeight - scrollTop - clientHeight < 80;
        }}
      >
        {empty && <p className={style.empty}>{t('chat.empty')}</p>}
        {grouped(thread.messages).map(({ message, first }) => (
          <Entry key={message.seq} message={message} first={first} own={message.seat === self} />
        ))}
        {thread.outbox.map((outgoing) => (
          <OutgoingText key={outgoing.clientId} outgoing={outgoing} />
        ))}
        {uploads.map((upload) => (
          <UploadView key={upload.clientId} upload={upload} />
        ))}
        {incoming.map((progress) => (
          <Incoming key={progress.file} progress={progress} />
        ))}
      </div>
      <Composer autoFocus={autoFocus} canSendFiles={canSendFiles} />
      {over && <div className={style.over}>{t('chat.drop')}</div>}
    </section>
  );
}
