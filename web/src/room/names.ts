import type { TFunction } from 'i18next';
import type { Role } from '../engine/types';
import { shortName } from '../ui/format';

interface Named {
  name: string;
  role: Role;
}

/** nameOf is what a person is called where there is room for it. */
export function nameOf(person: Named, t: TFunction): string {
  return person.name || t(`noname.${person.role}`);
}

/** shortNameOf is what a person is called in narrow places. */
export function shortNameOf(person: Named, t: TFunction): string {
  return person.name ? shortName(person.name) : t(`noname.${person.role}`);
}
