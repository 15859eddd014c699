package api

// staffSays is the catalogue of what is said to staff.
var staffSays = [][2]string{
	// this package
	{msgUnclaimed, "у сервера ещё нет администратора: откройте ссылку, которую он вывел при запуске"},
	{msgMustEnrol, "нужен второй фактор: настройте его в своей учётной записи"},
	{msgPast, "уже в прошлом"},
	{msgNotBase64, "не в кодировке base64"},

	// consult/auth
	{"is the old one", "совпадает с прежним"},
	{"the password is wrong", "пароль неверен"},
	{"there is no such session", "такого входа нет"},
	{"the session is over", "сеанс завершён"},
	{"the link is not the one that the server printed at its last start", "это не та ссылка, которую сервер вывел при последнем запуске"},
	{"the installation has an administrator already", "администратор уже есть"},
	{"this installation demands a second factor", "здесь второй фактор обязателен"},
	{"there is no second factor", "второй фактор не включён"},
	{"there is a second factor already", "второй фактор уже включён"},
	{"the account has no password here, its provider has", "у этой учётной записи здесь нет пароля, его знает провайдер"},
	{"is not a JSON Web Key", "это не ключ в формате JSON Web Key"},
	{"is a private key: keep it, and give the public one", "это закрытый ключ: оставьте его у себя, а сюда передайте открытый"},
	{"the code is wrong or was used already", "код неверен или уже использован"},
	{"too many wrong codes: wait a few minutes", "слишком много неверных кодов, подождите несколько минут"},
	{"the login provider refused", "провайдер входа отказал"},
	{"there is no login provider here", "вход через провайдера здесь не настроен"},
	{"what the login provider sent cannot be trusted", "ответу провайдера входа нельзя доверять"},
	{"the login provider does not answer", "провайдер входа не отвечает"},
	{"the login provider gives you no role here", "провайдер входа не даёт вам здесь никакой роли"},
	{"the account is disabled", "учётная запись отключена"},
	{"it took too long: begin anew", "прошло слишком много времени, начните заново"},
	{"the roles of this account are the provider's to give", "роли этой учётной записи назначает провайдер"},
	{"this is your own account: change it where the password is asked for", "это ваша учётная запись: меняйте её там, где спрашивают пароль"},
	{"this is the last administrator who may log in", "это последний администратор, который может войти"},
	{"must be one line of at most 128 characters", "нужна одна строка не длиннее 128 символов"},
	{"an account needs at least one", "учётной записи нужна хотя бы одна роль"},
	{"is not a role", "такой роли нет"},
}
