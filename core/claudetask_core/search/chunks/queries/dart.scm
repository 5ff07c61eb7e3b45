(class_definition name: (_) @name) @class
(mixin_declaration (identifier) @name) @class
(extension_declaration name: (_) @name) @extension
(enum_declaration name: (_) @name) @enum
(enum_constant name: (_) @name) @field
(type_alias (type_identifier) @name) @type
(method_signature (function_signature name: (_) @name)) @method
(method_signature (getter_signature name: (_) @name)) @method
(method_signature (setter_signature name: (_) @name)) @method
(method_signature (constructor_signature name: (_) @name . parameters: (_))) @method
(program (function_signature name: (_) @name) @function)
(program (getter_signature name: (_) @name) @function)
(declaration (function_signature name: (_) @name)) @prototype
(declaration (constructor_signature name: (_) @name .  parameters: (_))) @method
(declaration (constant_constructor_signature (identifier) @name . (formal_parameter_list))) @method
(method_signature (factory_constructor_signature (identifier) @name . (formal_parameter_list))) @method
(class_body (declaration (initialized_identifier_list (initialized_identifier (identifier) @name))) @field)
(class_body (declaration (static_final_declaration_list (static_final_declaration (identifier) @name))) @field)
((method_signature (_ name: (_) @name)) . (function_body) @wider)
((method_signature (factory_constructor_signature (identifier) @name . (formal_parameter_list))) . (function_body) @wider)
((function_signature name: (_) @name) . (function_body) @wider)
((getter_signature name: (_) @name) . (function_body) @wider)
(program (static_final_declaration_list (static_final_declaration (identifier) @name)) @constant)
(comment) @comment
(documentation_comment) @comment
