import { useTranslation } from 'react-i18next';
import { timeOf } from '../ui/format';
import type { ChatMessage } from '../wire/protocol.gen';
import { ChatFileView } from './ChatFileView';
import style from './Entry.module.css';
import { linked } from './linked';
import { shortNameOf } from './names';

/** Messages of one person within this time stand together under one name. */
const together = 3 * 60_000;

/** grouped tells of each message whether it opens a group of its author. */
export function grouped(messages: readonly ChatMessage[]): { message: ChatMessage; first: boolean }[] {
  return messages.map((message, i) => {
    const before = messages[i - 1];
    const apart = !before || Date.parse(message.sentAt) - Date.parse(before.sentAt) > together;
    return { message, first: apart || before.seat !== message.seat };
  });
}

/** Entry is one stored message of the thread. */
export function Entry({ message, first, own }: { message: ChatMessage; first: boolean; own: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <article
      className={style.entry}
      data-own={own}
      data-first={first}
      data-testid="chat-message"
      data-seq={message.seq}
    >
      {first && (
        <header className={style.author}>
          {own ? t('room.me') : shortNameOf(message, t)}
          <time dateTime={message.sentAt}>{timeOf(message.sentAt, i18n.language)}</time>
        </header>
      )}
      <div className={style.bubble}>{message.file ? <ChatFileView file={message.file} /> : linked(message.text)}</div>
    </article>
  );
}
