(type_definition (type_binding name: (_) @name) @type)
(module_definition (module_binding (module_name) @name)) @module
(module_type_definition (module_type_name) @name) @interface
(external (value_name) @name) @function
(exception_definition (constructor_declaration (constructor_name) @name)) @type
(constructor_declaration (constructor_name) @name) @field
(comment) @comment
(value_specification (value_name) @name) @function
