import { IconPaperclip } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { bytes, timeOf } from '../ui/format';
import style from './Demo.module.css';
import { filePath, type Message, messages, type Session } from './model';
import { Failure, Skeleton } from './parts';
import { contentURL, noteContent } from './rest';

/** Thread is what was written and sent in a consultation. */
export function Thread({ session }: { session: Session }) {
  const { t, i18n } = useTranslation();
  const list = useQuery({ queryKey: ['messages', session.id], queryFn: () => messages(session.id) });
  if (list.isPending) return <Skeleton />;
  if (list.isError) return <Failure error={list.error} />;
  if (list.data.length === 0) return <p className={style.soft}>{t('demo.history.silent')}</p>;
  return (
    <ol className={style.thread}>
      {list.data.map((message) => (
        <li key={message.id} data-testid="demo-message">
          <span className={style.from}>
            {whoSaid(session, message) || t('noname.observer')}
            <time dateTime={message.sentAt}>{timeOf(message.sentAt, i18n.language)}</time>
          </span>
          {message.text && <p>{message.text}</p>}
          {message.file && <FileLink session={session.id} file={message.file} />}
        </li>
      ))}
    </ol>
  );
}

function FileLink({ session, file }: { session: string; file: NonNullable<Message['file']> }) {
  const { t, i18n } = useTranslation();
  const path = filePath(session, file.id);
  return (
    <a
      href={contentURL(path)}
      download={file.name}
      className={style.file}
      onClick={() => noteContent(path, 'demo.why.file')}
      data-testid="demo-file"
    >
      <IconPaperclip size={20} aria-hidden="true" />
      <span>{file.name}</span>
      <small>{bytes(file.size, t, i18n.language)}</small>
    </a>
  );
}

const whoSaid = (session: Session, { participantId }: Message) => {
  const person = session.participants.find(({ id }) => id === participantId);
  return person?.name;
};
