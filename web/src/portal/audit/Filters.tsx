import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { exact } from '../parts/exact';
import style from './Audit.module.css';
import type { AuditFilter } from './filter';
import { actions, groups } from './words';

const kinds = ['staff:', 'key:', 'seat:', 'system'] as const;

interface FiltersProps {
  filter: AuditFilter;
  onChange: (filter: AuditFilter) => void;
}

/** Filters narrow the audit. What is chosen from a list or a calendar holds at once. */
export function Filters({ filter, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const set = (key: keyof AuditFilter) => (event: { currentTarget: { value: string } }) =>
    onChange({ ...filter, [key]: event.currentTarget.value.trim() || undefined });
  const one = filter.actor && !(kinds as readonly string[]).includes(filter.actor) ? filter.actor : undefined;
  const narrowed = Object.values(filter).some(Boolean);
  return (
    <search className={style.filters} aria-label={t('portal.audit.filter.label')}>
      <NativeSelect
        size="md"
        className={style.wide}
        label={t('portal.audit.filter.actor')}
        name="actor"
        value={filter.actor ?? ''}
        data={[
          { value: '', label: t('portal.audit.filter.anyone') },
          ...kinds.map((kind) => ({ value: kind, label: t(`portal.audit.filter.${kind.replace(':', '')}`) })),
          ...(one ? [{ value: one, label: t('portal.audit.filter.exactly', { actor: one }) }] : []),
        ]}
        onChange={set('actor')}
      />
      <NativeSelect
        size="md"
        className={style.wide}
        label={t('portal.audit.filter.action')}
        name="action"
        value={filter.action ?? ''}
        onChange={set('action')}
      >
        <option value="">{t('portal.audit.filter.anything')}</option>
        {groups.map((group) => (
          <optgroup key={group} label={t(`portal.audit.group.${group}`)}>
            <option value={`${group}.`}>
              {t(`portal.audit.group.${group}`)}: {t('portal.audit.filter.anything')}
            </option>
            {actions(group).map((action) => (
              <option key={action} value={action}>
                {t(`portal.audit.action.${action}`)}
              </option>
            ))}
          </optgroup>
        ))}
      </NativeSelect>
      <TextInput
        size="md"
        label={t('portal.audit.filter.from')}
        name="from"
        type="date"
        value={filter.from ?? ''}
        max={filter.to}
        onChange={set('from')}
      />
      <TextInput
        size="md"
        label={t('portal.audit.filter.to')}
        name="to"
        type="date"
        value={filter.to ?? ''}
        min={filter.from}
        onChange={set('to')}
      />
      <Typed
        key={`session ${filter.session}`}
        label={t('portal.audit.filter.session')}
        placeholder="c_…"
        name="session"
        value={filter.session}
        onChange={set('session')}
      />
      <Typed
        key={`object ${filter.object}`}
        label={t('portal.audit.filter.object')}
        placeholder="r_…, k_…, wh_…"
        name="object"
        value={filter.object}
        onChange={set('object')}
      />
      {narrowed && (
        <Button variant="default" className={style.clear} onClick={() => onChange({})} data-testid="audit-clear">
          {t('portal.audit.filter.clear')}
        </Button>
      )}
    </search>
  );
}

interface TypedProps {
  label: string;
  placeholder: string;
  name: string;
  value?: string;
  onChange: (event: { currentTarget: { value: string } }) => void;
}

/** Typed holds when it is left or Enter is pressed, so that the list does not jump with every letter. */
function Typed({ value = '', onChange, ...rest }: TypedProps) {
  return (
    <TextInput
      {...exact}
      {...rest}
      className={style.wide}
      defaultValue={value}
      maxLength={100}
      onBlur={(event) => event.currentTarget.value.trim() !== value && onChange(event)}
      onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
    />
  );
}
