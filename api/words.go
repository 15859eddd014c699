package api

import (
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
	textlang "golang.org/x/text/language"

	"tmk/consult"
)

// The languages that we speak; English is what the domain's messages are in.
const (
	english = "en"
	russian = "ru"
)

const keyLanguage = "language" // in echo's context

// languageOf finds "ru" or "en" for the caller (RFC 9110 §12.5.4): what he likes better; Russian for whom
// any language is good, or who says nothing; English for who names others only.
func languageOf(header string) string {
	best, weight, silent := english, float32(0), true
	for entry := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		silent = false
		tags, weights, err := textlang.ParseAcceptLanguage(entry)
		if err != nil || len(tags) == 0 || weights[0] <= weight {
			continue
		}
		switch base, _ := tags[0].Base(); base.String() {
		case russian, anyLanguage:
			best, weight = russian, weights[0]
		case english:
			best, weight = english, weights[0]
		}
	}
	if silent {
		return russian
	}
	return best
}

// anyLanguage is what "*" is read as.
const anyLanguage = "mul"

// language is the language of the answer, found once per request.
func language(c echo.Context) string {
	if l, ok := c.Get(keyLanguage).(string); ok {
		return l
	}
	l := languageOf(c.Request().Header.Get("Accept-Language"))
	c.Set(keyLanguage, l)
	return l
}

// words is one thing said in both languages.
type words struct{ ru, en string }

func (w words) in(lang string) string {
	if lang == russian {
		return w.ru
	}
	return w.en
}

var statusNames = map[consult.Status]words{
	consult.Upcoming:  {"Предстоящая", "Upcoming"},
	consult.Current:   {"Текущая", "In progress"},
	consult.Finished:  {"Завершенная", "Finished"},
	consult.Cancelled: {"Отменена", "Cancelled"},
	consult.Missed:    {"Не состоялась", "Missed"},
}

// titles says what each code means, whatever happened in particular.
var titles = map[consult.Code]words{
	consult.CodeInvalid:      {"Неверный запрос", "The request is not valid"},
	consult.CodeUnauthorized: {"Требуется вход", "Credentials are required"},
	consult.CodeForbidden:    {"Недостаточно прав", "Not allowed"},
	consult.CodeNotFound:     {"Не найдено", "Not found"},
	codeMethodNotAllowed:     {"Метод не поддерживается", "Method not allowed"},
	codeBadRange:             {"В файле нет такой части", "The file has no such part"},
	consult.CodeConflict:     {"Текущее состояние этого не позволяет", "The present state does not allow it"},
	consult.CodeDuplicate:    {"Такой externalId уже есть", "The externalId exists already"},
	consult.CodeLinkUnknown:  {"Ссылка недействительна", "The link is not valid"},
	consult.CodeLinkExpired:  {"Срок действия ссылки истёк", "The link has expired"},
	consult.CodeTooEarly:     {"Консультация ещё не началась", "It is too early"},
	consult.CodeCancelled:    {"Консультация отменена", "The consultation was cancelled"},
	consult.CodeFinished:     {"Консультация завершена", "The consultation is over"},
	consult.CodeTooLarge:     {"Слишком большой размер", "Too large"},
	consult.CodeUnsupported:  {"Такой тип содержимого не принимается", "This type of content is not accepted"},
	consult.CodeRateLimited:  {"Слишком много запросов", "Too many requests"},
	consult.CodeConsent:      {"Требуется согласие на запись", "Consent to recording is required"},
	consult.CodeStale:        {"Уже изменено", "It was changed meanwhile"},
	consult.CodeMismatch:     {"Idempotency-Key уже использован с другим запросом", "The Idempotency-Key was used with another request"},
	consult.CodeBusy:         {"Запрос с этим Idempotency-Key ещё выполняется", "A request with this Idempotency-Key is being answered"},
	consult.CodeUnclaimed:    {"Сервер ещё не настроен", "The server is not set up yet"},
	consult.CodeUnavailable:  {"Сервис временно недоступен", "Temporarily unavailable"},
	consult.CodeInternal:     {"Внутренняя ошибка сервера", "Internal server error"},
}

// What this package itself has to say.
const (
	msgSeeFields           = "the request is not valid: see errors"
	msgNoBody              = "a JSON body is required"
	msgBodiless            = "this address takes no body"
	msgBodyBroken          = "the body could not be read"
	msgBodyTooLarge        = "the body is larger than 64 KiB"
	msgNotJSON             = "the body must be application/json" // or a merge patch, for PATCH
	msgBadCharset          = "the charset of the body must be utf-8"
	msgNotUTF8             = "the body is not UTF-8"
	msgMalformed           = "the body is not JSON"
	msgMalformedAt         = "the body is not JSON: see byte %d"
	msgNull                = "must not be null"
	msgNotTime             = "must be a time with a zone, RFC 3339"
	msgUnsetTime           = "is so long ago that no time can be meant: leave it out instead"
	msgNotInteger          = "must be a whole number"
	msgNotString           = "must be a string"
	msgNotUnicode          = "is not Unicode: half of a surrogate pair stands alone"
	msgNotObject           = "must be an object"
	msgNotArray            = "must be an array"
	msgNotBoolean          = "must be true or false"
	msgNotInEnum           = "is not one of the allowed values"
	msgTwice               = "is given twice"
	msgUnknownField        = "there is no such field"
	msgUnknownParameter    = "there is no such parameter"
	msgEmpty               = "is empty"
	msgRequired            = "is required"
	msgBadLimit            = "must be from 1 to 200"
	msgBadMinutes          = "must be from 1 to 480"
	msgBadCursor           = "is not a cursor that this list has given"
	msgNoMinted            = "this server takes no links of this kind"
	msgBadIdempotencyKey   = "must be 1 to 255 printable ASCII characters"
	msgBadWait             = "must be from 0 to 25 seconds"
	msgManyWaiting         = "too many callers wait for events"
	msgBadKeepOld          = "must be from 0 to 10080"
	msgNotYourIntegration  = "is not the key's own integration"
	msgNoTester            = "test events cannot be sent here"
	msgBadRange            = "the file has no such part: Content-Range tells its size"
	msgOtherContent        = "the file is another one than If-Match or If-Unmodified-Since name"
	msgNoBearer            = "the header Authorization: Bearer is required"
	msgNotLoggedIn         = "nobody is logged in"
	msgUnclaimed           = "the server has no administrator yet: open the link that it printed when it started"
	msgMustEnrol           = "a second factor is required: set one up in your account"
	msgPast                = "is in the past"
	msgNotBase64           = "is not base64"
	msgForeignOrigin       = "the request comes from a page of another site"
	msgTooMany             = "too many requests: wait as long as Retry-After says"
	msgNoRoute             = "there is nothing at this address"
	msgBadPath             = "the address is not UTF-8 or contains NUL"
	msgBadQuery            = "the query is not well-formed: see what follows ? in the address"
	msgNoMethod            = "this address does not take this method"
	msgNoFile              = "there is no such file"
	msgRecordingUnreadable = "the recording cannot be read at the moment"
	msgNoDatabase          = "the database does not answer"
	msgTooSlow             = "it took too long"
	msgInternal            = "the server's log has more under the id of this request (X-Request-Id)"
)

// translate says an English message of ours or of the domain in lang. What the
// catalogue does not have stays English; a test keeps that from happening.
func translate(lang, message string) string {
	if lang != russian {
		return message
	}
	if ru, ok := exact[message]; ok {
		return ru
	}
	for _, p := range patterns {
		if found := p.english.FindStringSubmatch(message); found != nil {
			return p.fill(found[1:])
		}
	}
	return message
}

// pattern is a message with values in it.
type pattern struct {
	english *regexp.Regexp
	russian string
}

// fill puts the values into the Russian text (every %s) in their order. Names of states
// among them are translated too.
func (p pattern) fill(values []string) string {
	text := p.russian
	for _, v := range values {
		if ru, ok := states[v]; ok {
			v = ru
		}
		text = strings.Replace(text, "%s", v, 1)
	}
	return text
}

var exact, patterns = compile(catalogue)

// compile splits the catalogue into what is looked up and what is matched.
func compile(all [][2]string) (map[string]string, []pattern) {
	lookup := make(map[string]string, len(all))
	var matched []pattern
	for _, m := range all {
		if !strings.Contains(m[0], "%") {
			lookup[m[0]] = m[1]
			continue
		}
		shape := regexp.QuoteMeta(m[0])
		shape = strings.ReplaceAll(shape, "%d", `(-?\d+)`)
		shape = strings.ReplaceAll(shape, "%s", `(.+?)`)
		matched = append(matched, pattern{regexp.MustCompile("^" + shape + "$"), m[1]})
	}
	return lookup, matched
}
