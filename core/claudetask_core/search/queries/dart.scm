(class_definition name: (_) @name) @class
(mixin_declaration (identifier) @name) @class
(extension_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @enum
(enum_constant name: (_) @name) @field
(type_alias (type_identifier) @name) @type
(method_signature (function_signature name: (_) @name)) @method
(method_signature (getter_signature name: (_) @name)) @method
(method_signature (setter_signature name: (_) @name)) @method
(method_signature (constructor_signature name: (_) @name)) @method
(program (function_signature name: (_) @name) @function)
(program (getter_signature name: (_) @name) @function)
(declaration (function_signature name: (_) @name)) @prototype
(declaration (constructor_signature name: (_) @name)) @prototype
(program (static_final_declaration_list (static_final_declaration (identifier) @name)) @constant)
