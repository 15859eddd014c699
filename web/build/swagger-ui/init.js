// deepLinking keeps the operation in the address: /swagger-ui.html#/VideoService.ABM.Sessions/createSession
window.ui = window.SwaggerUIBundle({
  url: '/openapi.yaml',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null, // nothing is asked of other hosts
  persistAuthorization: false,
  tryItOutEnabled: true,
});
