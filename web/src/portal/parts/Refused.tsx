import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Failed } from '../../ui/Form';
import { ApiError } from '../api';

const known = new Set(['offline', 'rate_limited', 'forbidden', 'not_found', 'unavailable', 'internal']);

/** reason is what to tell a person about a failure. Field problems that the form shows beside its fields are left out. */
export function reason(error: Error, t: TFunction, shown: readonly string[] = []): string {
  if (!(error instanceof ApiError)) return t('portal.problem.internal');
  if (error.code === 'precondition_failed' || error.code === 'stale') return t('portal.problem.stale');
  if (known.has(error.code)) return t(`portal.problem.${error.code}`);
  const other = error.fields.filter(({ pointer }) => !shown.includes(pointer)).map(({ message }) => message);
  if (other.length > 0) return other.join('; ');
  if (error.fields.length > 0) return t('portal.problem.fields');
  return error.detail || t('portal.problem.internal');
}

/** fieldError is what the server said against one field of a form. */
export function fieldError(error: Error | null, pointer: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.fields.find((field) => field.pointer === pointer)?.message;
}

/** Refused tells why something was not done. */
export function Refused({ error, fields }: { error: Error | null; fields?: readonly string[] }) {
  const { t } = useTranslation();
  return error && <Failed>{reason(error, t, fields)}</Failed>;
}
