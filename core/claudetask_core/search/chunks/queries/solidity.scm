(contract_declaration name: (identifier) @name) @class
(library_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @interface
(struct_declaration name: (identifier) @name) @struct
(enum_declaration name: (identifier) @name) @enum
(error_declaration name: (identifier) @name) @type
(event_definition name: (identifier) @name) @type
(user_defined_type_definition name: (identifier) @name) @type
(function_definition name: (identifier) @name body: (_)) @function
(modifier_definition name: (identifier) @name) @function
(function_definition name: (identifier) @name) @prototype
(state_variable_declaration name: (identifier) @name) @field
(constant_variable_declaration name: (identifier) @name) @constant
(comment) @comment
