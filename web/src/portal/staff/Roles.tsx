import { useTranslation } from 'react-i18next';
import { Choices } from '../parts/Choices';
import type { StaffRole } from '../wire';

const all: readonly StaffRole[] = ['admin', 'head', 'auditor', 'operator', 'doctor'];

interface RolesProps {
  chosen: StaffRole[];
  onChange: (roles: StaffRole[]) => void;
  error?: string;
}

/** Roles chooses what a member of staff is for. */
export function Roles({ chosen, onChange, error }: RolesProps) {
  const { t } = useTranslation();
  return (
    <Choices
      label={t('portal.staff.roles')}
      all={all}
      chosen={chosen}
      onChange={onChange}
      nameOf={(role) => capital(t(`portal.roles.${role}`))}
      hintOf={(role) => t(`portal.roleText.${role}`)}
      error={chosen.length === 0 ? t('portal.staff.rolesNone') : error}
    />
  );
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
