import { IconMessageCircle } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatMessage } from '../wire/protocol.gen';
import { useCall } from './call-context';
import style from './Live.module.css';
import { shortNameOf } from './names';

/** How long a new message is shown over the stage, milliseconds. */
const shownFor = 7000;

/** Live shows and reads out new messages of others while the chat is closed; pressing one opens the chat. */
export function Live({ chatOpen, onOpen }: { chatOpen: boolean; onOpen: () => void }) {
  const { t } = useTranslation();
  const { thread, self } = useCall();
  const last = thread.messages.at(-1);
  const seen = useRef(last?.seq ?? 0);
  const [news, setNews] = useState<ChatMessage | null>(null);

  useEffect(() => {
    if (!last || last.seq <= seen.current) return;
    seen.current = last.seq;
    if (last.seat !== self && !chatOpen) setNews(last);
  }, [last, self, chatOpen]);

  useEffect(() => {
    if (!news) return;
    const timer = setTimeout(() => setNews(null), shownFor);
    return () => clearTimeout(timer);
  }, [news]);

  useEffect(() => {
    if (chatOpen) setNews(null);
  }, [chatOpen]);

  const name = news ? shortNameOf(news, t) : '';
  const text = news ? news.text || news.file?.name : '';
  return (
    <>
      <div className="visually-hidden" aria-live="polite">
        {news && t('chat.newMessage', { name, text })}
      </div>
      {news && (
        <button type="button" className={style.live} onClick={onOpen} data-testid="chat-news">
          <IconMessageCircle size={24} aria-hidden="true" />
          <span className={style.words}>
            <strong>{name}</strong>
            <span>{text}</span>
          </span>
        </button>
      )}
    </>
  );
}
