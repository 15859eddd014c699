import { IconCalendarEvent, IconUser } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { dateTimeOf } from '../ui/format';
import style from './Appointment.module.css';
import { usePresent } from './call-context';

/** Appointment tells with whom, when and as whom one is about to talk. */
export function Appointment() {
  const { t, i18n } = useTranslation();
  const { session, seat } = usePresent().entered;
  const doctor = seat.role === 'doctor';
  const other = doctor ? session.patient.name || t('noname.patient') : session.doctor.name || t('noname.doctor');
  return (
    <section className={style.card}>
      <h1 className={style.title}>{t('check.title')}</h1>
      <div className={style.line}>
        <IconUser size={24} aria-hidden="true" />
        <div>
          <span className={style.label}>{t(doctor ? 'check.withPatient' : 'check.withDoctor')}</span>
          <strong className={style.name}>{other}</strong>
          {!doctor && session.doctor.specialty && <span className={style.soft}>{session.doctor.specialty}</span>}
        </div>
      </div>
      <div className={style.line}>
        <IconCalendarEvent size={24} aria-hidden="true" />
        <div>
          <span className={style.label}>{t('check.when')}</span>
          <strong>{dateTimeOf(session.startsAt, i18n.language, session.timeZone)}</strong>
          {session.topic && <span className={style.soft}>{session.topic}</span>}
        </div>
      </div>
      <p className={style.you}>
        {t(seat.name ? 'check.you' : 'check.youRole', { name: seat.name, role: t(`role.${seat.role}`) })}
      </p>
    </section>
  );
}
