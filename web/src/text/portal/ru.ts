import { access } from './access.ru';
import { audit } from './audit.ru';
import { integrations } from './integrations.ru';

/** The words of the staff's pages in Russian; only the portal loads them. */
export const ru = {
  portal: {
    title: 'Кабинет сотрудника',
    nav: {
      label: 'Разделы',
      sessions: 'Консультации',
      recordings: 'Записи',
      integrations: 'Интеграция',
      staff: 'Сотрудники',
      audit: 'Журнал',
      account: 'Мой вход',
      api: 'Описание API',
    },
    logout: 'Выйти',
    save: 'Сохранить',
    more: 'Показать ещё',
    done: 'Готово',
    optional: '{{label}} (необязательно)',
    now: 'только что',
    at: 'в {{time}}',
    noname: 'Имя не указано',
    failed: 'Не удалось загрузить',
    failedText: 'Сервер не ответил. Проверьте связь и попробуйте ещё раз.',
    forbidden: 'Этот раздел для вас закрыт',
    forbiddenText: 'Права раздаёт администратор в разделе «Сотрудники».',
    nothing: 'Для вас здесь пока нет разделов',
    nothingText:
      'Врач приходит на консультацию по своей ссылке. Если нужен доступ к разделам, попросите администратора добавить роль.',
    problem: {
      offline: 'Сервер не ответил. Проверьте связь и попробуйте ещё раз.',
      rate_limited: 'Слишком много попыток. Подождите минуту и попробуйте ещё раз.',
      forbidden: 'У вас нет прав на это действие.',
      not_found: 'Этого больше нет: кто-то успел удалить. Обновите страницу.',
      stale: 'Пока вы правили, кто-то уже изменил это. Обновите страницу и повторите.',
      unavailable: 'Сервер сейчас занят. Попробуйте ещё раз через минуту.',
      internal: 'На сервере произошла ошибка. Попробуйте ещё раз.',
      fields: 'Проверьте выделенные поля.',
    },
    once: {
      text: 'Показываем один раз: потом его не увидит никто. Сохраните в надёжном месте сейчас.',
      close: 'Сохранено, закрыть',
    },
    sessions: {
      none: 'Консультаций пока нет',
      noneText: 'Их создаёт личный кабинет по API. Попробовать можно на странице «Описание API».',
      started: 'началась {{time}}',
      ended: 'закончилась {{time}}',
      cancelled: 'отменена {{time}}',
      missed: 'признана несостоявшейся {{time}}',
      policy: { off: 'без записи', ask: 'запись по согласию', required: 'запись обязательна' },
    },
    recordings: {
      none: 'Записей пока нет',
      noneText: 'Запись появится здесь после консультации, если её участники согласились на запись.',
      started: 'Началась',
      duration: 'Длительность',
      size: 'Размер',
      watch: 'Смотреть',
      hide: 'Скрыть',
      download: 'Скачать',
      playerLabel: 'Запись: {{name}}',
      source: { camera: 'камера и голос', screen: 'экран' },
      state: {
        active: 'Идёт запись',
        finishing: 'Обрабатывается',
        ready: 'Готова',
        failed: 'Не удалась',
        erased: 'Стёрта',
      },
      failure: {
        disk_full: 'кончилось место на диске',
        io_error: 'ошибка диска',
        empty: 'ничего не записано',
        lost: 'файл утрачен',
        other: 'ошибка записи',
      },
      erase: 'Стереть',
      eraseTitle: 'Стереть запись?',
      eraseText: 'Файл будет удалён с диска, вернуть его нельзя. Строка с причиной останется здесь и в журнале.',
      eraseReason: 'Причина',
      eraseHint: 'Без имён и диагнозов: например, «отзыв согласия, заявление от 12.11»',
      eraseConfirm: 'Стереть безвозвратно',
      erasedAt: '{{time}}, причина: {{reason}}',
      erasedPlain: '{{time}}',
    },
    ...access,
    integrations,
    audit,
  },
};

type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> };
/** What every language of the portal must have. */
export type PortalText = Words<typeof ru>;
