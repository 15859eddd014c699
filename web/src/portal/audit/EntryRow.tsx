import { useTranslation } from 'react-i18next';
import { exactly } from '../parts/time';
import type { AuditEntry } from '../wire';
import style from './Audit.module.css';
import type { AuditFilter } from './filter';
import { detailWords, isKnown } from './words';

interface EntryRowProps {
  entry: AuditEntry;
  onNarrow: (by: AuditFilter) => void;
}

/** EntryRow is one entry in words: when, what, who, about what. */
export function EntryRow({ entry, onNarrow }: EntryRowProps) {
  const { t, i18n } = useTranslation();
  const kind = entry.actor.split(':')[0] ?? '';
  const { sessionId } = entry;
  const words = detailWords(entry);
  return (
    <li className={style.entry} data-testid="audit-row" data-action={entry.action} data-actor={entry.actor}>
      <div className={style.when}>
        <time dateTime={entry.at}>{exactly(entry.at, i18n.language)}</time>
        {entry.forged && <em>{t('portal.audit.forged')}</em>}
        <span>{entry.n ? t('portal.audit.number', { n: entry.n }) : t('portal.audit.unsealed')}</span>
      </div>
      <div className={style.what}>
        <strong>{isKnown(entry.action) ? t(`portal.audit.action.${entry.action}`) : entry.action}</strong>
        {entry.detail && <span>{words ? t(words) : entry.detail}</span>}
        <code>{entry.action}</code>
      </div>
      <div className={style.who}>
        <span>
          {t(`portal.audit.actor.${kind}`, { defaultValue: kind })}
          {entry.actorName && `: ${entry.actorName}`}
        </span>
        {entry.actor.includes(':') && (
          <button
            type="button"
            aria-label={t('portal.audit.onlyActor', { actor: entry.actorName ?? entry.actor })}
            onClick={() => onNarrow({ actor: entry.actor })}
          >
            {entry.actor.slice(kind.length + 1)}
          </button>
        )}
      </div>
      <div className={style.about}>
        {sessionId && (
          <button
            type="button"
            aria-label={t('portal.audit.onlySession', { id: sessionId })}
            onClick={() => onNarrow({ session: sessionId })}
          >
            {sessionId}
          </button>
        )}
        {entry.object && entry.object !== sessionId && <code>{entry.object}</code>}
      </div>
    </li>
  );
}
