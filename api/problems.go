package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

//go:embed problem.html
var problemHTML string

var problemPage = template.Must(template.New("problem").Parse(problemHTML))

// problemText is what the page about a code says.
type problemText struct {
	Lang, Title, Code, Meaning, Remedy, StatusWord, RemedyWord, Back string
	Status                                                           int
}

// getProblemPage is where the type of a problem leads: what its code means, and what to do.
func (a *API) getProblemPage(c echo.Context) error {
	code := consult.Code(param(c, "code"))
	about, known := explanations[code]
	if !known {
		return consult.Errorf(consult.CodeNotFound, msgNoRoute)
	}
	lang := language(c)
	var page bytes.Buffer
	err := problemPage.Execute(&page, problemText{
		Lang: lang, Title: titles[code].in(lang), Code: string(code), Status: statuses[code],
		Meaning: about.meaning.in(lang), Remedy: about.remedy.in(lang),
		StatusWord: words{"Статус HTTP", "HTTP status"}.in(lang),
		RemedyWord: words{"Что делать", "What to do"}.in(lang),
		Back:       words{"Описание API", "The API"}.in(lang),
	})
	if err != nil {
		return fmt.Errorf("write page about %s: %w", code, err)
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Content-Language", lang)
	h.Set("Vary", "Accept-Language")
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}

// explanation says what a code means and what whoever gets it can do.
type explanation struct{ meaning, remedy words }

// explanations has every code that a problem can carry.
var explanations = map[consult.Code]explanation{
	consult.CodeInvalid: {
		words{"Запрос не соответствует описанию: лишнее, пропущенное или неверное поле, параметр или заголовок.",
			"The request is not as described: a field, parameter or header is unknown, missing or wrong."},
		words{"Посмотрите errors: pointer называет место, message причину. Исправьте и отправьте снова.",
			"Look at errors: pointer names the place, message the reason. Mend it and send it again."},
	},
	consult.CodeUnauthorized: {
		words{"Нет ключа или входа, либо они неизвестны, отозваны или истекли.",
			"There is no key or login, or it is unknown, revoked or has run out."},
		words{"Пришлите заголовок Authorization: Bearer с действующим ключом. Новый ключ делает администратор: tmk apikey create или раздел «Интеграции».",
			"Send the header Authorization: Bearer with a live key. An administrator makes a new one: tmk apikey create, or the page Integrations."},
	},
	consult.CodeForbidden: {
		words{"Известно, кто обращается, но на это действие прав нет: у ключа нет нужного права (scope), у сотрудника нужной роли, или запрос пришёл с чужого сайта.",
			"It is known who is calling, but he may not do this: the key lacks the scope, the person the role, or the request came from another site."},
		words{"Проверьте права ключа в описании маршрута и сделайте ключ с ними.",
			"See which scope the route needs, and make a key that has it."},
	},
	consult.CodeNotFound: {
		words{"По этому адресу ничего нет, или это принадлежит другой интеграции.",
			"There is nothing at this address, or it belongs to another integration."},
		words{"Проверьте идентификатор и ключ, которым вы его получили.", "Check the id, and the key that you got it with."},
	},
	codeMethodNotAllowed: {
		words{"Адрес существует, но не с таким методом.", "The address exists, but not with this method."},
		words{"Допустимые методы перечислены в заголовке Allow.", "The header Allow lists those that it takes."},
	},
	codeBadRange: {
		words{"Запрошенная в Range часть лежит за концом файла.", "The part that Range asks for lies behind the end of the file."},
		words{"Размер файла указан в Content-Range.", "Content-Range tells the size of the file."},
	},
	consult.CodeConflict: {
		words{"Сейчас это невозможно: например, отмена идущей консультации или изменение завершённой.",
			"It cannot be done now: for instance a consultation that goes on cannot be cancelled, nor one that is over be changed."},
		words{"Прочитайте текущее состояние и решите заново. Повтор без изменений не поможет.",
			"Read the present state and decide anew. Sending the same again does not help."},
	},
	consult.CodeDuplicate: {
		words{"Сессия с таким externalId у вашей интеграции уже есть. Её id стоит в ref.",
			"Your integration has a session with this externalId already. Its id is in ref."},
		words{"Если это повтор после сбоя связи, прочитайте сессию по ref: она и есть созданная.",
			"If you repeat a request whose answer was lost, read the session by ref: it is the one you made."},
	},
	consult.CodeLinkUnknown: {
		words{"Такой ссылки нет, или она отозвана, или заменена новой.", "There is no such link, or it was revoked, or a new one took its place."},
		words{"Возьмите действующую ссылку: GET …/sessions/{id}/invites или POST …/invites/{id}/link.",
			"Take the present link: GET …/sessions/{id}/invites, or POST …/invites/{id}/link."},
	},
	consult.CodeLinkExpired: {
		words{"Консультация закончилась давно, и ссылка больше не действует.", "The consultation was over long ago, and the link opens nothing any more."},
		words{"Переписку и записи можно прочитать через API.", "The thread and the recordings can be read by the API."},
	},
	consult.CodeTooEarly: {
		words{"Вход ещё не открыт. Когда он откроется, стоит в ref.", "The room is not open yet. When it opens is in ref."},
		words{"Приходите к этому времени; страницу можно оставить открытой.", "Come back then; the page can be left open."},
	},
	consult.CodeCancelled: {
		words{"Консультация отменена.", "The consultation was cancelled."},
		words{"Если она всё же нужна, создайте новую.", "If it is wanted after all, make a new one."},
	},
	consult.CodeFinished: {
		words{"Консультация завершена или не состоялась и больше не откроется.", "The consultation is over, or was missed; it never opens again."},
		words{"Если нужна ещё одна, создайте новую.", "If another is wanted, make a new one."},
	},
	consult.CodeTooLarge: {
		words{"Тело запроса больше 64 КиБ, или файл больше допустимого.", "The body is over 64 KiB, or a file over its limit."},
		words{"Уменьшите его. Списки запрашивайте страницами.", "Make it smaller. Ask for lists by pages."},
	},
	consult.CodeUnsupported: {
		words{"Тело запроса не в том формате.", "The body is of a type that is not accepted."},
		words{"Пришлите Content-Type: application/json, для PATCH также application/merge-patch+json.",
			"Send Content-Type: application/json, for PATCH also application/merge-patch+json."},
	},
	consult.CodeRateLimited: {
		words{"Слишком много запросов с этим ключом или с этого адреса.", "Too many requests with this key, or from this address."},
		words{"Подождите столько секунд, сколько указано в Retry-After. О новостях узнавайте вебхуками или GET /events?wait=25, а не частым опросом.",
			"Wait as many seconds as Retry-After says. Learn of news by webhooks or GET /events?wait=25, not by asking often."},
	},
	consult.CodeConsent: {
		words{"Консультация записывается, а участник ещё не согласился на запись.", "The consultation is recorded, and the person has not agreed to that yet."},
		words{"Согласие даёт сам участник на странице входа.", "The person agrees on the page, before coming in."},
	},
	consult.CodeStale: {
		words{"Объект изменили после того, как вы его прочитали: ETag из If-Match устарел.", "It was changed since you read it: the ETag of If-Match is not the present one."},
		words{"Прочитайте его снова и повторите изменение с новым ETag.", "Read it again, and repeat the change with the new ETag."},
	},
	consult.CodeMismatch: {
		words{"Этот Idempotency-Key за последние 72 часа уже использован с другим адресом или телом.",
			"This Idempotency-Key was used with another address or body within the last 72 hours."},
		words{"Для нового действия берите новый ключ, лучше UUID. Для повтора отправляйте то же самое тело.",
			"Take a new key for a new action, best a UUID. To repeat, send the very same body."},
	},
	consult.CodeBusy: {
		words{"Первый запрос с этим Idempotency-Key ещё выполняется.", "The first request with this Idempotency-Key is still being answered."},
		words{"Повторите через столько секунд, сколько указано в Retry-After.", "Send it again after as many seconds as Retry-After says."},
	},
	consult.CodeUnclaimed: {
		words{"Сервер только что установлен, и у него ещё нет администратора.", "The server was just installed, and has no administrator yet."},
		words{"Откройте одноразовую ссылку из журнала сервера или выполните tmk admin create.", "Open the one-time link of the server's log, or run tmk admin create."},
	},
	consult.CodeUnavailable: {
		words{"Часть сервера сейчас не работает: база данных, диск, или ответ занял слишком много времени.",
			"A part of the server does not work now: the database, the disk; or it took too long."},
		words{"Повторите через столько секунд, сколько указано в Retry-After, с тем же Idempotency-Key.",
			"Send it again after as many seconds as Retry-After says, with the same Idempotency-Key."},
	},
	consult.CodeInternal: {
		words{"Ошибка сервера.", "A defect of the server."},
		words{"Повторите с тем же Idempotency-Key. Если не проходит, передайте администратору X-Request-Id: по нему в журнале есть подробности.",
			"Send it again with the same Idempotency-Key. If it stays, give X-Request-Id to the administrator: the log has more under it."},
	},
}
