import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall } from './call-context';
import style from './Live.module.css';
import { shortNameOf } from './names';

/** How long a new message is shown over the stage, milliseconds. */
const shownFor = 6000;

/** Live shows and reads out new messages of others while the chat is closed. */
export function Live({ chatOpen }: { chatOpen: boolean }) {
  const { t } = useTranslation();
  const { thread, self } = useCall();
  const last = thread.messages.at(-1);
  const [first] = useState(last?.seq ?? 0);
  const seen = useRef(first);
  const [words, setWords] = useState('');

  useEffect(() => {
    if (!last || last.seq <= seen.current) return;
    seen.current = last.seq;
    if (chatOpen || last.seat === self) return;
    setWords(t('chat.newMessage', { name: shortNameOf(last, t), text: last.text || last.file?.name }));
    const timer = setTimeout(() => setWords(''), shownFor);
    return () => clearTimeout(timer);
  }, [last, self, chatOpen, t]);

  return (
    <div className={style.live} aria-live="polite" data-shown={words !== '' && !chatOpen}>
      {words}
    </div>
  );
}
