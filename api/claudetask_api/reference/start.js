// validatorUrl: null, or Swagger UI would show our address to a host of its own
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  layout: "BaseLayout",
});
