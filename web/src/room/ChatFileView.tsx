import { IconDownload, IconFile } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fileContent } from '../engine/room-api';
import { bytes } from '../ui/format';
import type { ChatFile } from '../wire/protocol.gen';
import style from './ChatFileView.module.css';
import { usePresent } from './call-context';

/** Only these are ever drawn: they hold no scripts and no outside references. */
const pictures = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
/** Larger pictures are offered for download only: a cheap phone could not draw them. */
const previewLimit = 12 * 1024 * 1024;

/** ChatFileView is a file of the thread: a picture is shown, everything can be downloaded. */
export function ChatFileView({ file }: { file: ChatFile }) {
  const { t, i18n } = useTranslation();
  const { pass } = usePresent();
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle');
  const picture = pictures.has(file.type) && file.size <= previewLimit;

  const download = async () => {
    setState('busy');
    try {
      save(await fileContent(pass, file.id), file.name);
      setState('idle');
    } catch {
      setState('failed');
    }
  };

  return (
    <div className={style.file}>
      {picture && <Picture file={file} />}
      <button
        type="button"
        className={style.download}
        onClick={() => void download()}
        disabled={state === 'busy'}
        data-testid="chat-file"
        data-name={file.name}
        data-sha256={file.sha256}
        aria-label={`${t('chat.download')}: ${file.name}`}
      >
        {!picture && <IconFile size={30} aria-hidden="true" className={style.icon} />}
        <span className={style.about}>
          <span className={style.name}>{file.name}</span>
          <span className={style.size}>
            {state === 'busy' ? t('chat.downloading') : bytes(file.size, t, i18n.language)}
          </span>
        </span>
        <IconDownload size={24} aria-hidden="true" className={style.icon} />
      </button>
      {state === 'failed' && (
        <span role="alert" className={style.failed}>
          {t('chat.downloadFailed')}
        </span>
      )}
    </div>
  );
}

/** Picture fetches a picture once it comes into view and draws it from a blob. */
function Picture({ file }: { file: ChatFile }) {
  const { t } = useTranslation();
  const { pass } = usePresent();
  const [url, setUrl] = useState('');
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let made = '';
    let gone = false;
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      fileContent(pass, file.id).then(
        (content) => {
          if (gone) return;
          made = URL.createObjectURL(new Blob([content], { type: file.type }));
          setUrl(made);
        },
        () => undefined, // the download button stays
      );
    });
    watch.observe(element);
    return () => {
      gone = true;
      watch.disconnect();
      if (made) URL.revokeObjectURL(made);
    };
  }, [pass, file.id, file.type]);

  return (
    <div ref={box} className={style.picture}>
      {url && <img src={url} alt={t('chat.imageAlt', { name: file.name })} />}
    </div>
  );
}

function save(content: Blob, name: string): void {
  // Never open it in the page's own origin, whatever it is.
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
