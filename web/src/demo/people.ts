import type { TFunction } from 'i18next';
import { doctors, patients, type Viewer } from './model';

/** The directory of this portal: TMK knows people only by what LK sends. */
export const nameOf = (id: string, t: TFunction) => t(`demo.people.${id}.name`);
export const specialtyOf = (id: string, t: TFunction) => t(`demo.people.${id}.specialty`);

const fromViewer = (viewer: Viewer) => (viewer.kind === 'all' ? 'all' : `${viewer.kind}:${viewer.id}`);

const toViewer = (value: string): Viewer => {
  const [kind, id] = value.split(':');
  return id && (kind === 'doctor' || kind === 'patient') ? { kind, id } : { kind: 'all' };
};

/** viewers are the choices of whose page this is. */
export const viewers = {
  value: fromViewer,
  of: toViewer,
  data: (t: TFunction) => [
    { value: 'all', label: t('demo.viewer.all') },
    {
      group: t('demo.viewer.doctors'),
      items: doctors.map((id) => ({ value: `doctor:${id}`, label: nameOf(id, t) })),
    },
    {
      group: t('demo.viewer.patients'),
      items: patients.map((id) => ({ value: `patient:${id}`, label: nameOf(id, t) })),
    },
  ],
};
