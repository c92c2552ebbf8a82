using Graft.Serving;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);

// "Graft": { "Models": { "reviews": "runs/reviews" }, "ApiKeys": [] } in appsettings.json; every model is opened and warmed up before the
// first connection.
IConfigurationSection graft = builder.Configuration.GetSection("Graft");
builder.Services.AddGraftServing(new ServingOptions
{
    Models = [.. graft.GetSection("Models").GetChildren().Select(model => new ModelSource(model.Key, model.Value!))],
    ApiKeys = graft.GetSection("ApiKeys").Get<string[]>() ?? [],
});

WebApplication app = builder.Build();
app.UseGraft().MapGraft();
app.MapGet("/about", () => "POST /predict {\"inputs\": \"The soup was cold.\"}; /openapi/v1.json describes every route.");
app.Run();
