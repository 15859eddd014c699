import { useTranslation } from 'react-i18next';
import style from './Alone.module.css';
import { useCall, usePresent } from './call-context';
import { nameOf } from './names';

/** Alone fills the stage while nobody else is here. */
export function Alone() {
  const { t } = useTranslation();
  const { call, entered } = usePresent();
  const { waiting } = useCall();
  const doctor = entered.seat.role === 'doctor';
  const [first] = waiting;
  return (
    <div className={style.alone}>
      {doctor && first ? (
        <>
          <h2>{t('people.waits', { name: nameOf(first, t) })}</h2>
          <button
            type="button"
            className={style.admit}
            onClick={() => call.admit(first.seat)}
            data-testid="admit-large"
          >
            {t('people.admit')}
          </button>
        </>
      ) : (
        <>
          <h2>{t(doctor ? 'room.aloneDoctor' : 'room.alonePatient')}</h2>
          <p>{t(doctor ? 'room.aloneDoctorText' : 'room.alonePatientText')}</p>
        </>
      )}
    </div>
  );
}
